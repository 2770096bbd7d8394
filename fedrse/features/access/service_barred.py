"""Addresses from which this site is not to be seen at all, in memory for every request."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Final

from fedrse.core.clock import Clock
from fedrse.core.paging import Page
from fedrse.features.access.model_blocks import IpBlock, Severity
from fedrse.features.access.service_blocks import CHANNEL, SignUpBlocks
from fedrse.store.database import Database

MOST: Final = 10_000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BarredAddresses:
    """Says whether somebody at an address is let in; knows of changes in all processes."""

    def __init__(self, *, database: Database, clock: Clock, blocks: SignUpBlocks) -> None:
        self._database = database
        self._clock = clock
        self._blocks = blocks
        self._barred: tuple[tuple[IpBlock, Network], ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Hears of changes; once, at the start."""
        self._blocks.changed = self._read_again
        self._database.listen(CHANNEL, lambda _payload: self._read_again())
        self._database.on_missed(self._read_again)

    async def load(self) -> None:
        """Reads all blocks."""
        found = await self._database.read(self._blocks.ips, Page(limit=MOST))
        self._barred = tuple(
            (one, ipaddress.ip_network(one.ip))
            for one in found
            if one.severity == Severity.NO_ACCESS
        )

    def __call__(self, address: str) -> bool:
        """Whether nobody is let in from there."""
        if not self._barred:
            return False
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        now = self._clock.now()
        return any(
            known in network and (one.expires_at is None or one.expires_at > now)
            for one, network in self._barred
        )

    def _read_again(self) -> None:
        task = asyncio.ensure_future(self.load())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
