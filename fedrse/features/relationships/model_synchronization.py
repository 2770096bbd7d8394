"""Followers synchronisation (FEP-8fcf): the header, and the digest of followers on a host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

LONGEST_HEADER = 8192
_PARAMETER = re.compile(r'\s*([A-Za-z]{1,32})="([^"]{0,2048})"\s*(?:,|$)')
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Synchronization(NamedTuple):
    """``Collection-Synchronization``: followers collection, partial collection, digest of it."""

    collection: str
    url: str
    digest: str

    @property
    def header(self) -> str:
        """As it is sent."""
        return f'collectionId="{self.collection}", url="{self.url}", digest="{self.digest}"'


def parse_synchronization(header: str) -> Synchronization | None:
    """Reads the header; None for anything that is not complete."""
    if len(header) > LONGEST_HEADER:
        return None
    values: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None or match[1] in values:
            return None
        values[match[1]] = match[2]
        position = match.end()
    collection, url = values.get("collectionId", ""), values.get("url", "")
    digest = values.get("digest", "").lower()
    if not collection or not url or _DIGEST.fullmatch(digest) is None:
        return None
    return Synchronization(collection, url, digest)


def followers_digest(uris: Iterable[str]) -> str:
    """XOR of the SHA-256 of every follower's URI, in hexadecimal; zeros for nobody."""
    total = 0
    for uri in set(uris):
        total ^= int.from_bytes(sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"
