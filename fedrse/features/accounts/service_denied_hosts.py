"""People of sites that a rule denies are hidden here, as long as the rule holds.

What they wrote is in no list and no search any more, and is there again when the rule is taken
back: nothing of it is changed. Whom those in charge have suspended by themselves stays suspended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from sqlalchemy import BigInteger, bindparam, select

from fedrse.features.accounts.service_states import BY_RULE, AccountStates
from fedrse.features.accounts.tables import account
from fedrse.store.database import Database, Row, Transaction
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

BATCH: Final = 100
SHOWN: Final = Statement(
    select(account.c.id)
    .where(any_of(account.c.host, "hosts"), account.c.suspended_at.is_(None))
    .where(~account.c.local, account.c.deleted_at.is_(None))
    .order_by(account.c.id)
    .limit(BATCH)
)
HIDDEN: Final = Statement(
    select(account.c.id, account.c.host)
    .where(account.c.suspended_at == BY_RULE, account.c.id > bindparam("after", type_=BigInteger))
    .order_by(account.c.id)
    .limit(BATCH)
)

Denied = Callable[[Transaction], Awaitable[Collection[str]]]
"""The known sites that the rules deny altogether, both ways."""


class DeniedHosts:
    """Hides accounts, and shows them again."""

    def __init__(self, *, database: Database, states: AccountStates, denied: Denied) -> None:
        self._database = database
        self._states = states
        self._denied = denied
        self._done: frozenset[str] | None = None

    async def review(self) -> int:
        """Hides whom the rules deny and shows all others again; returns how many changed."""
        denied = frozenset(await self._database.read(self._denied))
        if denied == self._done:
            return 0
        count = await self._show_others(denied)
        while denied:
            done = await self._database.write(self._hide_some, denied)
            count += done
            if done < BATCH:
                break
        self._done = denied
        return count

    async def _show_others(self, denied: Collection[str]) -> int:
        count, after = 0, 0
        while True:
            rows = await self._database.read(_hidden, after)
            ids = [row.id for row in rows if row.host not in denied]
            if ids:
                await self._database.write(self._states.hide_by_rule, ids, hidden=False)
            count += len(ids)
            if len(rows) < BATCH:
                return count
            after = rows[-1].id

    async def _hide_some(self, tx: Transaction, hosts: Collection[str]) -> int:
        ids = [row.id for row in await tx.all(SHOWN, hosts=sorted(hosts))]
        await self._states.hide_by_rule(tx, ids, hidden=True)
        return len(ids)


async def _hidden(tx: Transaction, after: int) -> list[Row]:
    return await tx.all(HIDDEN, after=after)
