"""Replays the ledger against another policy, beside the work of the site."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from fedrse.core.clock import Clock
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_decide import Policy
from fedrse.features.policy.model_ledger import Entry, Hasher, unpack
from fedrse.features.policy.model_rehearsal import Rehearsal, ready
from fedrse.features.policy.service import MANY, Border
from fedrse.features.policy.service_ledger import KEPT, LedgerReader

AT_ONCE: Final = 150
"""Messages that are decided about before others have their turn: about three milliseconds."""

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many entries are done, and of how many."""


class Rehearsals:
    """Rehearses; reads only."""

    def __init__(
        self, *, border: Border, reader: LedgerReader, hasher: Hasher, clock: Clock
    ) -> None:
        self._border = border
        self._reader = reader
        self._hasher = hasher
        self._clock = clock

    async def of(
        self,
        rules: Sequence[Rule],
        *,
        since: int | None = None,
        progress: Progress | None = None,
    ) -> Rehearsal:
        """What would have become of the traffic since a time if these had been all rules.

        The rules of the settings and the mode of the site hold beside them. It runs on the event
        loop, a little at a time, so that a site that rehearses answers as before.
        """
        now = self._clock.now()
        start = max(now - KEPT, since or 0)
        if len(rules) > MANY:
            policy = await asyncio.to_thread(self._policy, rules, now)
        else:
            policy = self._policy(rules, now)
        rehearsal = Rehearsal(policy, now)
        total, _ = await self._reader.total(start)
        async for packed in self._reader.rows(start):
            for piece in _pieces(unpack(packed)):
                rehearsal.feed(piece)
                await asyncio.sleep(0)
            if progress is not None:
                await progress(rehearsal.entries, total)
        return rehearsal

    def _policy(self, rules: Sequence[Rule], now: int) -> Policy:
        return self._border.with_rules([self._hasher.rule(rule) for rule in ready(rules, now)])


def _pieces(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Entries of a row in pieces of about ``AT_ONCE`` messages; an entry may stand for many."""
    piece: list[Entry] = []
    messages = 0
    for entry in entries:
        piece.append(entry)
        messages += len(entry.hosts)
        if messages >= AT_ONCE:
            yield piece
            piece, messages = [], 0
    if piece:
        yield piece
