"""What those in charge say about trends: approved, rejected, or nothing yet. Pure.

What is said of a link itself counts before what is said of its publisher, the host of its address;
about what nobody has said anything, the settings decide.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

REVIEWED: Final = "trends"
"""On which the processes of a site hear that somebody has said something about a trend."""


class Kind(StrEnum):
    """What can be approved or rejected; the first three are kinds of trends."""

    TAG = "tag"
    LINK = "link"
    POST = "post"
    PUBLISHER = "publisher"


class Publisher(Struct, frozen=True):
    """A host of links. The id is made of its name, so it is the same at any time."""

    id: int
    domain: str


class Review(Struct, frozen=True):
    """A row of ``trend_review``; ``decided_at`` in milliseconds."""

    kind: str
    item_id: int
    allowed: bool
    name: str
    decided_at: int


def publisher_named(domain: str) -> Publisher:
    """The publisher of a host."""
    return Publisher(int.from_bytes(sha256(domain.encode()).digest()[:8]) >> 2, domain)


def publisher_of(url: str) -> Publisher:
    """Who publishes what stands at an address."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return publisher_named(host)
