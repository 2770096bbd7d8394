"""Keeps the heads of other sites' logs, so that they can be held against them."""

from __future__ import annotations

from typing import Final

import structlog

from fedrse.core.clock import Clock
from fedrse.features.audit import queries_heads as queries
from fedrse.features.audit.model import Head
from fedrse.features.audit.model_heads import Noted, spread
from fedrse.store.database import Transaction

MOST_KEPT: Final = 2000  # of one site; the older, the fewer
log = structlog.get_logger(__name__)


class Heads:
    """The only writer of ``audit_witness``; nothing that was noted is ever replaced."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def last(self, tx: Transaction, host: str) -> Head | None:
        """What a site told last."""
        row = await tx.one(queries.LAST, host=host)
        return None if row is None else Head(row.number, row.hash)

    async def note(
        self, tx: Transaction, host: str, head: Head, document: str, known: Head | None = None
    ) -> bool:
        """Notes what a site told, with the signed bytes; whether it fits what it told before.

        ``known`` is what the site says now of the entry that it told last. What does not fit (a
        smaller number, another hash for the same one, or for that entry) is kept as well.
        """
        last = await self.last(tx, host)
        if last is not None and last == head:
            return True
        fits = last is None or (head.number > last.number and _still_holds(last, known))
        if not fits:
            log.warning("audit_log_of_peer_rewritten", host=host, number=head.number)
        await tx.run(
            queries.ADD,
            host=host,
            number=head.number,
            hash=head.hash,
            at=self._clock.now(),
            document=document,
            fits=fits,
        )
        await self._thin_out(tx, host)
        return fits

    async def _thin_out(self, tx: Transaction, host: str) -> None:
        """Of too many, every second one of the older half goes; what did not fit stays."""
        count = int(await tx.value(queries.COUNT, host=host))
        if count > MOST_KEPT:
            rows = await tx.all(queries.FITTING, host=host, most=count // 2)
            await tx.run(queries.FORGET, host=host, numbers=[row.number for row in rows[1::2]])

    async def noted(self, tx: Transaction, host: str) -> list[Noted]:
        """What was noted of a site, the newest first: of many those that ``spread`` chooses."""
        rows = await tx.all(queries.NOTED, host=host, most=2 * MOST_KEPT)
        return spread([Noted(Head(row.number, row.hash), row.at) for row in rows])

    async def rewritten(self, tx: Transaction) -> list[str]:
        """The sites that once told a head that did not fit."""
        return [row.host for row in await tx.all(queries.REWRITTEN)]


def _still_holds(last: Head, known: Head | None) -> bool:
    """Whether the log still has what it had; of another entry, or none, nothing is known."""
    return known is None or known.number != last.number or known.hash == last.hash
