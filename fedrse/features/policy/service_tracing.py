"""Finds in the ledger what happened to one message, person or peer; for `fedrse why`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from fedrse.core.clock import Clock
from fedrse.features.policy.model_ledger import Entry, Hasher, mentions, unpack
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.service_ledger import KEPT, LedgerReader

MOST: Final = 20
Sum = tuple[bool, Outcome, str, tuple[int, ...]]
"""Direction (in), outcome, code of a refusal and rules: entries that are told together."""


class Found(Struct, kw_only=True):
    """What the ledger says: the last entries, and how many there are of each kind."""

    last: deque[Entry] = field(default_factory=lambda: deque(maxlen=MOST))
    sums: Counter[Sum] = field(default_factory=Counter)
    shadow: Counter[int] = field(default_factory=Counter)


class LedgerSearch:
    """Looks through the ledger; rows without the hash that is looked for are not unpacked."""

    def __init__(self, *, reader: LedgerReader, hasher: Hasher, clock: Clock) -> None:
        self._reader = reader
        self._hasher = hasher
        self._clock = clock

    async def about_address(self, uri: str) -> Found:
        """Entries about an activity, an object, or of somebody."""
        wanted = self._hasher.hash(uri)
        return await self._search(
            wanted, lambda entry: wanted in entry.uris or entry.actor == wanted
        )

    async def about_host(self, host: str) -> Found:
        """Entries of a peer, or for it."""
        return await self._search(host.encode(), lambda entry: host in entry.hosts)

    async def _search(self, needle: bytes, fits: Callable[[Entry], bool]) -> Found:
        found = Found()
        if not needle:
            return found
        async for packed in self._reader.rows(self._clock.now() - KEPT):
            if not mentions(packed, [needle]):
                continue
            for entry in filter(fits, unpack(packed)):
                key = entry.incoming, entry.outcome, entry.code, entry.rules
                found.sums[key] += entry.count
                found.last.append(entry)
                for rule in entry.shadow:
                    found.shadow[rule] += entry.count
        return found
