"""Replays the ledger against another policy, beside the work of the site."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fedrse.core.clock import Clock
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_ledger import Hasher, unpack
from fedrse.features.policy.model_rehearsal import Rehearsal, ready
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_ledger import KEPT, LedgerReader

Progress = Callable[[int, int], None]
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

        The rules of the settings and the mode of the site hold beside them.
        """
        now = self._clock.now()
        start = max(now - KEPT, since or 0)
        hashed = [self._hasher.rule(rule) for rule in ready(rules, now)]
        rehearsal = Rehearsal(self._border.with_rules(hashed), now)
        total, _ = await self._reader.total(start)
        async for packed in self._reader.rows(start):
            rehearsal.feed(unpack(packed))
            if progress is not None:
                progress(rehearsal.entries, total)
        return rehearsal
