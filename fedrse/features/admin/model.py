"""What is asked about accounts, and what those in charge see of one. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.features.access.model import Role

ROLE_NAMES: Final = {
    Role.OWNER: "Owner",
    Role.ADMIN: "Admin",
    Role.MODERATOR: "Moderator",
    Role.COMMUNITY_MANAGER: "Community manager",
    Role.AUDITOR: "Auditor",
    Role.MEMBER: "",
}
MODERATING: Final = (Role.OWNER, Role.ADMIN, Role.MODERATOR)
"""Whom Mastodon calls staff: those who manage reports."""


class Status(StrEnum):
    """States of accounts that can be asked for; the names of the Mastodon API."""

    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"
    SILENCED = "silenced"
    SUSPENDED = "suspended"
    SENSITIZED = "sensitized"


class Wanted(Struct, frozen=True, kw_only=True):
    """Which accounts; what is empty matches all. ``name`` and ``title`` match beginnings.

    ``text`` matches name, name shown or e-mail address, for the page of the console.
    """

    local: bool | None = None
    status: Status | None = None
    roles: tuple[Role, ...] = ()
    invited_by: int | None = None
    name: str = ""
    title: str = ""
    domain: str = ""
    email: str = ""
    ip: str = ""
    text: str = ""


class Row(Struct, frozen=True):
    """What those in charge see of an account; of other sites there is no log-in.

    ``role`` is empty without a log-in, times in milliseconds.
    """

    id: int
    username: str
    domain: str
    local: bool
    created_at: int
    suspended: bool
    limited: bool
    sensitized: bool
    frozen: bool
    disabled: bool
    email: str
    role: str
    locale: str
    invited_by: int | None
    last_active_at: int | None
    deleted: bool = False


class Address(Struct, frozen=True):
    """From where somebody was signed in, and when last (milliseconds)."""

    account_id: int
    ip: str
    used_at: int


def badges() -> dict[str, dict[str, str]]:
    """What profiles say about roles, as Mastodon ``AccountRole`` by the name of the role."""
    return {
        role.value: {"id": role_id(role), "name": ROLE_NAMES[role], "color": ""}
        for role in Role
        if role.is_shown
    }


def role_id(role: Role) -> str:
    """The id of a role in the Mastodon API."""
    return str(list(Role).index(role) + 1)
