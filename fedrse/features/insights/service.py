"""Totals of the site, counted once a minute at the most."""

from __future__ import annotations

from typing import Any

from fedrse.core.clock import DAY, MINUTE, Clock
from fedrse.features.accounts.service import Accounts
from fedrse.features.insights import queries
from fedrse.features.instance.model import Numbers
from fedrse.store.database import Transaction

ACTIVE_DAYS = 30


class Insights:
    """``SiteFacts`` for the instance information and NodeInfo."""

    def __init__(self, *, clock: Clock, accounts: Accounts) -> None:
        self._clock = clock
        self._accounts = accounts
        self._numbers: Numbers | None = None
        self._peers: list[str] = []
        self._counted_at = 0

    async def numbers(self, tx: Transaction) -> Numbers:
        """People, those who posted in the last 30 days, posts, known peers."""
        now = self._clock.now()
        if self._numbers is None or now - self._counted_at > MINUTE:
            totals: Any = await tx.one(queries.PEOPLE)
            active = await tx.value(queries.ACTIVE, since=now - ACTIVE_DAYS * DAY)
            self._peers = [str(row.domain) for row in await tx.all(queries.PEERS)]
            self._numbers = Numbers(
                people=int(totals.people),
                active_month=int(active),
                posts=int(totals.posts or 0),
                peers=len(self._peers),
            )
            self._counted_at = now
        return self._numbers

    async def contact(self, tx: Transaction) -> dict[str, Any] | None:
        """The first account of the site: whoever set it up."""
        first = await tx.value(queries.CONTACT)
        if first is None:
            return None
        return (await self._accounts.entities(tx, [first])).get(first)

    async def peer_domains(self, tx: Transaction) -> list[str]:
        """The servers met so far, by the names in the handles of their people."""
        await self.numbers(tx)
        return self._peers
