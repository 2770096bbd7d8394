"""People of sites that a rule limits as a whole count as limited here, as long as the rule holds.

Whom those in charge have limited by themselves keeps that, whatever rules say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import BigInteger, bindparam, select

from fedrse.features.accounts.service_states import BY_RULE, AccountStates
from fedrse.features.accounts.tables import account
from fedrse.store.database import Database, Row, Transaction
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

BATCH: Final = 100
HOSTS = Statement(
    select(account.c.host).where(~account.c.local, account.c.deleted_at.is_(None)).distinct()
)
FREE = Statement(
    select(account.c.id)
    .where(any_of(account.c.host, "hosts"), account.c.limited_at.is_(None))
    .where(~account.c.local, account.c.deleted_at.is_(None))
    .order_by(account.c.id)
    .limit(BATCH)
)
LIMITED = Statement(
    select(account.c.id, account.c.host)
    .where(account.c.limited_at == BY_RULE, account.c.id > bindparam("after", type_=BigInteger))
    .order_by(account.c.id)
    .limit(BATCH)
)


class LimitedHosts:
    """Marks accounts; ``is_limited`` says what the rules say about a host."""

    def __init__(
        self,
        *,
        database: Database,
        states: AccountStates,
        is_limited: Callable[[str], bool],
    ) -> None:
        self._database = database
        self._states = states
        self._is_limited = is_limited

    async def review(self, *, any_rule: bool) -> int:
        """Marks who has to be, and takes marks off; returns how many accounts changed.

        ``any_rule``: whether there is a rule that limits; else only marks are looked for.
        """
        count = await self._free_others()
        if any_rule:
            known = await self._database.read(_hosts)
            hosts = [host for host in known if self._is_limited(host)]
            while hosts:
                done = await self._database.write(self._limit_some, hosts)
                count += done
                if done < BATCH:
                    break
        return count

    async def _free_others(self) -> int:
        count, after = 0, 0
        while True:
            rows = await self._database.read(_limited, after)
            ids = [row.id for row in rows if not self._is_limited(row.host)]
            if ids:
                await self._database.write(self._states.limit_by_rule, ids, limited=False)
            count += len(ids)
            if len(rows) < BATCH:
                return count
            after = rows[-1].id

    async def _limit_some(self, tx: Transaction, hosts: list[str]) -> int:
        ids = [row.id for row in await tx.all(FREE, hosts=hosts)]
        await self._states.limit_by_rule(tx, ids, limited=True)
        return len(ids)


async def _hosts(tx: Transaction) -> list[str]:
    return [row.host for row in await tx.all(HOSTS)]


async def _limited(tx: Transaction, after: int) -> list[Row]:
    return await tx.all(LIMITED, after=after)
