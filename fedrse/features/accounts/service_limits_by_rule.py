"""Whom a rule limits counts as limited here as long as the rule holds, one by one or with a site.

The mark is the one that those in charge set by hand, so it means the same wherever something is
shown. Whom they have limited by themselves keeps that, whatever rules say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from fedrse.core.clock import MINUTE
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model_events import AccountCreated
from fedrse.features.accounts.service_states import BY_RULE, AccountStates
from fedrse.features.accounts.tables import account
from fedrse.store.database import Database, Row, Transaction
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

REVIEW_LIMITS: Final = "policy.limit_accounts"  # kind of the job
EVERY: Final = MINUTE // 4
BATCH: Final = 100
_after = bindparam("after", type_=BigInteger)
_who = select(account.c.id, account.c.host, account.c.uri).order_by(account.c.id).limit(BATCH)
_free = _who.where(
    ~account.c.local,
    account.c.deleted_at.is_(None),
    account.c.limited_at.is_(None),
    account.c.id > _after,
)
HOSTS = Statement(
    select(account.c.host).where(~account.c.local, account.c.deleted_at.is_(None)).distinct()
)
FREE_AT = Statement(_free.where(any_of(account.c.host, "hosts")))
FREE_AMONG = Statement(_free.where(any_of(account.c.uri, "uris")))
LIMITED = Statement(_who.where(account.c.limited_at == BY_RULE, account.c.id > _after))
ONE = Statement(
    select(account.c.id, account.c.host, account.c.uri).where(
        account.c.id == bindparam("key", type_=BigInteger)
    )
)


class LimitRules(Protocol):
    """What the rules say; implemented by ``policy.service_control.BorderControl``."""

    def is_limited(self, host: str, actor: str = "") -> bool:
        """Whether what comes from a peer, or from somebody there, is silenced."""

    @property
    def limits_anybody(self) -> bool:
        """Whether there is a rule that limits."""

    @property
    def set_apart(self) -> Collection[str]:
        """Addresses of people about whom rules may say something else than about their site."""


class _Candidates(Struct, frozen=True):
    statement: Statement
    values: dict[str, Any]


class LimitsByRule:
    """Marks accounts as the rules say."""

    def __init__(self, *, database: Database, states: AccountStates, rules: LimitRules) -> None:
        self._database = database
        self._states = states
        self._rules = rules

    async def created(self, tx: Transaction, event: AccountCreated) -> None:
        """Somebody who is new here is limited before anything of them is shown."""
        if event.local or not self._rules.limits_anybody:
            return
        rows = await tx.all(ONE, key=event.account_id)
        await self._states.limit_by_rule(tx, self._limited(rows), limited=True)

    async def review(self) -> int:
        """Marks who has to be, and takes marks off; returns how many accounts changed."""
        count = await self._each(_Candidates(LIMITED, {}), limited=False)
        if not self._rules.limits_anybody:
            return count
        known = await self._database.read(_hosts)
        hosts = [host for host in known if self._rules.is_limited(host)]
        people = sorted(self._rules.set_apart)
        if hosts:
            count += await self._each(_Candidates(FREE_AT, {"hosts": hosts}), limited=True)
        if people:
            count += await self._each(_Candidates(FREE_AMONG, {"uris": people}), limited=True)
        return count

    async def _each(self, those: _Candidates, *, limited: bool) -> int:
        """Sets or takes off the mark of those of some accounts whom the rules want so."""
        count = after = 0
        while True:
            rows = await self._database.read(_some, those, after)
            wanted = self._limited(rows) if limited else self._not_limited(rows)
            if wanted:
                await self._database.write(self._states.limit_by_rule, wanted, limited=limited)
            count += len(wanted)
            if len(rows) < BATCH:
                return count
            after = rows[-1].id

    def _limited(self, rows: Sequence[Row]) -> list[int]:
        return [row.id for row in rows if self._rules.is_limited(row.host, row.uri)]

    def _not_limited(self, rows: Sequence[Row]) -> list[int]:
        return [row.id for row in rows if not self._rules.is_limited(row.host, row.uri)]


async def _hosts(tx: Transaction) -> list[str]:
    return [row.host for row in await tx.all(HOSTS)]


async def _some(tx: Transaction, those: _Candidates, after: int) -> list[Row]:
    return await tx.all(those.statement, after=after, **those.values)
