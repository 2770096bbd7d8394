"""Follows with sites that this one does not talk to any more: they end, and people are told.

Which sites these are stands in the settings. Nothing is sent: nobody there would get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.model_events import PeerBlocked
from fedrse.features.relationships.service_follows import Follows
from fedrse.features.relationships.tables import follow
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

BATCH = 50  # follows that end in one transaction
_who = bindparam("who", type_=BigInteger)
_there = or_(
    account.c.host == bindparam("host", type_=Text),
    account.c.host.like(bindparam("below", type_=Text), escape="\\"),
)


def _following(*columns: ColumnElement[int]) -> Any:
    """Follows of people of this site by what they follow there."""
    follows = follow.join(account, account.c.id == follow.c.target_id)
    return select(*columns).select_from(follows).where(follow.c.local, _there)


def _followers(*columns: ColumnElement[int]) -> Any:
    """Follows by people there of somebody of this site."""
    follows = follow.join(account, account.c.id == follow.c.account_id)
    return select(*columns).select_from(follows).where(~follow.c.local, _there)


SOMEBODY = Statement(
    union_all(
        _following(follow.c.account_id.label("who")), _followers(follow.c.target_id.label("who"))
    ).limit(1)
)
_number = func.count()
COUNTS = Statement(
    select(
        _followers(_number)
        .where(follow.c.target_id == _who, follow.c.accepted)
        .scalar_subquery()
        .label("followers"),
        _following(_number)
        .where(follow.c.account_id == _who, follow.c.accepted)
        .scalar_subquery()
        .label("following"),
    )
)
SOME = Statement(
    union_all(
        _following(account.c.id, literal_column("1").label("mine")).where(
            follow.c.account_id == _who
        ),
        _followers(account.c.id, literal_column("0").label("mine")).where(
            follow.c.target_id == _who
        ),
    ).limit(bindparam("limit", type_=BigInteger))
)


class BlockedPeers:
    """Ends what still connects people of this site with sites that are blocked."""

    def __init__(
        self, *, database: Database, accounts: Accounts, follows: Follows, events: Events
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._follows = follows
        self._events = events

    async def part(self, hosts: Sequence[str]) -> None:
        """Ends all follows with these hosts and what is below them, a few at a time."""
        for host in hosts:
            told: int | None = None
            while True:
                who = await self._database.write(self._part_some, host, told)
                if who is None:
                    break
                told = who

    async def _part_some(self, tx: Transaction, host: str, told: int | None) -> int | None:
        """Ends some follows of one person, who is told unless they were; None: there are none."""
        there = {"host": host, "below": f"%.{_escaped(host)}"}
        who = await tx.value(SOMEBODY, **there) if told is None else told
        rows = await tx.all(SOME, who=who or 0, limit=BATCH, **there)
        if not rows and told is not None:
            told, who = None, await tx.value(SOMEBODY, **there)
            rows = await tx.all(SOME, who=who or 0, limit=BATCH, **there)
        me = None if who is None else await self._accounts.by_id(tx, who)
        if who is None or me is None:
            return None
        if told is None:
            counts = await tx.one(COUNTS, who=who, **there)
            assert counts is not None  # noqa: S101  (numbers are always there)
            await self._events.publish(
                tx, PeerBlocked(who, host, counts.followers, counts.following)
            )
        others = await self._accounts.by_ids(tx, [row.id for row in rows])
        for row in rows:
            pair = (me, others[row.id]) if row.mine else (others[row.id], me)
            await self._follows.end(tx, *pair)
        return int(who)


def _escaped(host: str) -> str:
    return host.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
