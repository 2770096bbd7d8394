"""At which addresses peers are: asked about before anything is sent there, and remembered.

A name says nothing about the network in which its server stands. So rules about ranges of
addresses are asked where a connection is made, and again whenever one that rested is used.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Final

from fedrse.core.clock import DAY, Clock
from fedrse.core.ports import Protocol
from fedrse.net.expiring import ExpiringMap

LIFETIME: Final = DAY
MOST_PEERS: Final = 10_000

answered_from: ContextVar[str] = ContextVar("answered_from", default="")
"""The address that answers the request of this task; empty behind a proxy."""


class Reach(Protocol):
    """What the policy of the site says about addresses; implemented by ``features.policy``."""

    def may_reach(self, peer: str, address: str, *, delivers: bool) -> bool:
        """Whether a peer may be talked to at this address; ``delivers``: to send it something.

        Noted where it is refused.
        """


class PeerAddresses:
    """Where peers were when they were last talked to, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._known: ExpiringMap[str, str] = ExpiringMap(clock, max_entries=MOST_PEERS)
        self._reach: Reach | None = None

    def ask(self, reach: Reach) -> None:
        """Says who decides; until then everything may be reached."""
        self._reach = reach

    def of(self, peer: str) -> str:
        """The address at which a peer (``host[:port]``) was within a day; empty: not known."""
        return self._known.get(peer) or ""

    def permits(self, peer: str, address: str, *, delivers: bool) -> bool:
        """See ``Reach``."""
        reach = self._reach
        return reach is None or reach.may_reach(peer, address, delivers=delivers)

    def saw(self, peer: str, address: str) -> None:
        """A connection to this peer goes there."""
        if address:
            self._known.put(peer, address, lifetime=LIFETIME)


def address_behind(transport: asyncio.BaseTransport | None) -> str:
    """The IP address at the other end of a connection; empty where there is none any more."""
    name = None if transport is None else transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else ""
