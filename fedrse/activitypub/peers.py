"""What the protocol asks the site about its peers; implemented by ``features.sites``.

A peer is written as its host and, where it is not the usual one, the port (``core.urls``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.core.urls import MAX_URL_LENGTH, UrlRules, parse_url, same_origin
from fedrse.store.database import Transaction

RFC9421_IRI: Final = "https://datatracker.ietf.org/doc/html/rfc9421"
"""How software says in ``generator.implements`` (FEP-844e) that it verifies RFC 9421."""


class Scheme(StrEnum):
    """Ways of signing that a peer may understand."""

    CAVAGE = "cavage"
    RFC9421_RSA = "rfc9421-rsa"
    RFC9421_ED25519 = "rfc9421-ed25519"


class Sighting(Struct, frozen=True):
    """A peer has sent something proved. ``drift``: its clock minus ours in milliseconds."""

    host: str
    drift: int


class PeerRules(Protocol):
    """Whom this site talks to, and how."""

    def check_inbound(self, host: str) -> None:
        """Raises Forbidden if nothing is taken from this peer. Cheap: called before any crypto."""

    def check_outbound(self, host: str) -> None:
        """Raises Forbidden if nothing is sent to this peer."""

    def is_member(self, host: str) -> bool:
        """The peer is an active member of the network."""

    def best_scheme(self, host: str) -> Scheme:
        """What this peer is known to understand, cavage if nothing is known."""

    async def saw_inbound(self, tx: Transaction, sightings: Collection[Sighting]) -> None:
        """Notes that these peers are alive; called now and then, not for each message."""


class PeerRate(Protocol):
    """Counts messages that a peer has proved to be its own."""

    def __call__(self, host: str) -> object:
        """Raises TooMany above the limit."""


class PeerNames:
    """The peers that ids belong to, by the rules of this site."""

    def __init__(self, rules: UrlRules) -> None:
        self.rules = rules

    def of(self, uri: str) -> str:
        """The peer (``host[:port]``) of an id. Raises BadUrl."""
        return parse_url(uri, self.rules).origin.peer


def is_of_origin(uri: str, known: str) -> bool:
    """Whether an id has the origin of another one that is known to be well-formed."""
    end = known.find("/", 8)
    if end > 0 and uri.startswith(known[: end + 1]):
        return len(uri) <= MAX_URL_LENGTH
    return same_origin(uri, known)


def worth_a_second_try(status: int) -> bool:
    """Whether an answer may mean that the way of signing was not understood."""
    return status in {400, 401, 403}


def other_scheme(scheme: Scheme) -> Scheme:
    """What to try where this one is refused."""
    return Scheme.RFC9421_RSA if scheme is Scheme.CAVAGE else Scheme.CAVAGE


def latest(sightings: Iterable[Sighting]) -> list[Sighting]:
    """One sighting per host, the last."""
    return list({sighting.host: sighting for sighting in sightings}.values())
