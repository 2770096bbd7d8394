"""Blocks of those who sign up, as values, and what they match. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.features.access.model import normalise_email

LONGEST_COMMENT: Final = 2000
HISTORY_DAYS: Final = 7
MOST_ADDRESSES: Final = 1000
"""From how many addresses attempts are told apart, of a domain on a day."""
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*[a-z0-9-]{{1,63}}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Severity(StrEnum):
    """What an address of the network may not do."""

    APPROVAL = "sign_up_requires_approval"
    NO_SIGN_UP = "sign_up_block"
    NO_ACCESS = "no_access"


class EmailDomainBlock(Struct, frozen=True):
    """A row of ``email_domain_block``; domains below it are meant, too."""

    id: int
    domain: str
    created_at: int


class Attempts(Struct, frozen=True):
    """How often somebody tried on a day, and from how many addresses of the network."""

    uses: int
    addresses: int


class EmailBlock(Struct, frozen=True):
    """A row of ``canonical_email_block``."""

    id: int
    canonical_email_hash: str


class IpBlock(Struct, frozen=True):
    """A row of ``ip_block``; times in milliseconds."""

    id: int
    ip: str
    severity: str
    comment: str
    created_at: int
    expires_at: int | None

    def matches(self, address: str, now: int) -> bool:
        """Whether the block is about an address now."""
        if self.expires_at is not None and self.expires_at <= now:
            return False
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(self.ip)
        except ValueError:
            return False


def read_domain(text: str) -> str:
    """A domain as it is stored. Raises Invalid."""
    domain = text.strip().lower().lstrip("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise Invalid("domain_invalid", "Validation failed: Domain is not a valid domain name")
    return domain


def read_range(text: str) -> str:
    """An address or range as it is stored. Raises Invalid."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise Invalid("ip_invalid", "Validation failed: Ip is not a valid IP address") from error


def read_hash(text: str) -> str:
    """The hash of an address. Raises Invalid."""
    found = text.strip().lower()
    if not _HASH.fullmatch(found):
        raise Invalid(
            "hash_invalid",
            "Validation failed: Canonical email hash is not a SHA-256",
        )
    return found


def canonical_hash(email: str) -> str:
    """SHA-256 of an address without what its owner may add: dots and a ``+tag``.

    As Mastodon has it, so that hashes can be exchanged. Raises Invalid.
    """
    name, _, domain = normalise_email(email).rpartition("@")
    name = name.partition("+")[0].replace(".", "")
    return hashlib.sha256(f"{name}@{domain}".encode()).hexdigest()
