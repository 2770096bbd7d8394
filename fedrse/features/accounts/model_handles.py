"""Handles: ``name@domain``, how they are read and which names people of this site may take."""

from __future__ import annotations

import re

from fedrse.activitypub.handles import Handle, parse_handle
from fedrse.core.errors import Invalid

LONGEST_LOCAL = 30
LONGEST_REMOTE = 128
DISPLACED = "~"
"""Stands in the look-up key of an account that lost its handle; never in a handle."""

_LOCAL = re.compile(r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*", re.IGNORECASE)
_REMOTE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:+-]*[A-Za-z0-9_])?")
# Names that look like the site speaking, or that are addresses of this site.
_RESERVED = frozenset(
    {
        "about",
        "account",
        "actor",
        "admin",
        "administrateur",
        "administrator",
        "api",
        "auth",
        "fedrse",
        "help",
        "info",
        "inbox",
        "instance",
        "login",
        "logout",
        "moderator",
        "nobody",
        "oauth",
        "postmaster",
        "root",
        "security",
        "settings",
        "site",
        "support",
        "system",
        "webmaster",
    }
)


def username_key(username: str) -> str:
    """What makes two user names of a domain the same."""
    return username.casefold()


def displaced_key(username: str, identifier: int) -> str:
    """The look-up key of an account that lost its handle: found by no handle."""
    return f"{username_key(username)}{DISPLACED}{identifier}"


def check_local_username(username: str, *, reserved_too: bool = False) -> str:
    """The name, if somebody of this site may have it.

    ``reserved_too`` permits names that look official, for admins. Raises Invalid.
    """
    if not username:
        raise Invalid("username_blank", "Validation failed: Username can't be blank")
    if len(username) > LONGEST_LOCAL:
        raise Invalid(
            "username_too_long",
            f"Validation failed: Username is too long (maximum is {LONGEST_LOCAL} characters)",
        )
    if _LOCAL.fullmatch(username) is None:
        raise Invalid(
            "username_invalid",
            "Validation failed: Username must contain only letters, numbers, underscores, and"
            " dots or hyphens between them",
        )
    if not reserved_too and username_key(username) in _RESERVED:
        raise Invalid("username_reserved", "Validation failed: Username is reserved")
    return username


def is_remote_username(username: str) -> bool:
    """Whether another site's name can be used: plain ASCII, so that none imitates another."""
    return len(username) <= LONGEST_REMOTE and _REMOTE.fullmatch(username) is not None


def read_claim(text: str) -> Handle | None:
    """The handle that another site claims for an actor; None for what cannot be used."""
    handle = parse_handle(text)
    return handle if handle is not None and is_remote_username(handle.username) else None


__all__ = [
    "Handle",
    "check_local_username",
    "displaced_key",
    "is_remote_username",
    "parse_handle",
    "read_claim",
    "username_key",
]
