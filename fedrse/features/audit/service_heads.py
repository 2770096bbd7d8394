"""Keeps the heads of other sites' logs, so that they can be held against them."""

from __future__ import annotations

from typing import Final

import structlog

from fedrse.core.clock import Clock
from fedrse.features.audit import queries_heads as queries
from fedrse.features.audit.model import Head
from fedrse.features.audit.model_heads import MOST_TOLD, Noted
from fedrse.store.database import Transaction

MOST_KEPT: Final = 2000  # of one site
log = structlog.get_logger(__name__)


class Heads:
    """The only writer of ``audit_witness``; nothing that was noted is ever replaced."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def note(self, tx: Transaction, host: str, head: Head, document: str) -> bool:
        """Notes what a site told, with the signed bytes; whether it fits what it told before.

        What does not fit (a smaller number, or another hash for the same one) is kept as well.
        """
        last = await tx.one(queries.LAST, host=host)
        if last is not None and (last.number, last.hash) == head:
            return True
        fits = last is None or head.number > last.number
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
        await tx.run(queries.FORGET, host=host, most=MOST_KEPT)
        return fits

    async def noted(self, tx: Transaction, host: str) -> list[Noted]:
        """What was noted of a site, the newest first."""
        rows = await tx.all(queries.NOTED, host=host, most=MOST_TOLD)
        return [Noted(Head(row.number, row.hash), row.at) for row in rows]

    async def rewritten(self, tx: Transaction) -> list[str]:
        """The sites that once told a head that did not fit."""
        return [row.host for row in await tx.all(queries.REWRITTEN)]
