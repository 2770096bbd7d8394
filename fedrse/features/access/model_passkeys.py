"""Passkeys: values, and where they can be used at all."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line

MOST_PASSKEYS = 20
LONGEST_NAME = 60


class PasskeyRefused(Invalid):
    """No proof, or none that fits; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__("passkey_refused", "This passkey was not accepted.", reason=reason)


class PasskeyInfo(Struct, frozen=True):
    """One passkey of somebody; times in milliseconds."""

    id: int
    name: str
    created_at: int
    last_used_at: int | None


def relying_party(origin: str) -> str | None:
    """The RP id (WebAuthn, section 4) of a site; None where browsers would refuse.

    They want https, or this machine itself, and a host that has a name.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        is_local = host == "localhost" or host.endswith(".localhost")
        return host if host and (parts.scheme == "https" or is_local) else None
    return None


def user_handle(account_id: int) -> bytes:
    """How the key of somebody names the account; says nothing about the person."""
    return account_id.to_bytes(8, "big")


def passkey_name(text: str) -> str:
    """What a person calls a key, on one line."""
    return clean_line(text, LONGEST_NAME).strip()
