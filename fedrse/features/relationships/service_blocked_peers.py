"""Follows with sites that the rules of this one deny: they rest for a month, then they end.

While they rest nothing is sent and nothing changes on either side, as nothing crosses the border:
whoever takes the rule back finds everything as it was, here and there. When the time is over,
follows end here and people are told; the other site is told nothing, nobody there would get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    union,
    union_all,
)

from fedrse.core.clock import DAY, Clock
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.model_events import PeerBlocked
from fedrse.features.relationships.service_follows import Follows
from fedrse.features.relationships.tables import follow, suspended_peer
from fedrse.features.sites.service import Sites
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

SUSPENSION: Final = 30 * DAY
BATCH: Final = 50  # follows that end in one transaction
ENDED: Final = 1 << 62  # instead of the end, once follows have ended
_who = bindparam("who", type_=BigInteger)
_there = account.c.host == bindparam("host", type_=Text)
_at_hosts = any_of(account.c.host, "hosts")

SUSPENDED = Statement(select(suspended_peer).order_by(suspended_peer.c.host))
SUSPEND = Statement(insert(suspended_peer).on_conflict_do_nothing())
RESTORE = Statement(delete(suspended_peer).where(any_of(suspended_peer.c.host, "hosts")))
_ended = insert(suspended_peer)
MARK_ENDED = Statement(
    _ended.on_conflict_do_update(index_elements=["host"], set_={"ends_at": _ended.excluded.ends_at})
)


def _following(*columns: ColumnElement[int], where: ColumnElement[bool] = _there) -> Any:
    """Follows of people of this site by what they follow there."""
    follows = follow.join(account, account.c.id == follow.c.target_id)
    return select(*columns).select_from(follows).where(follow.c.local, where)


def _followers(*columns: ColumnElement[int], where: ColumnElement[bool] = _there) -> Any:
    """Follows by people there of somebody of this site."""
    follows = follow.join(account, account.c.id == follow.c.account_id)
    return select(*columns).select_from(follows).where(~follow.c.local, where)


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


_people = union(
    _following(follow.c.account_id.label("who"), where=_at_hosts),
    _followers(follow.c.target_id.label("who"), where=_at_hosts),
).subquery()
COST = Statement(
    select(
        select(_number).select_from(_people).scalar_subquery().label("people"),
        _following(_number, where=_at_hosts).scalar_subquery().label("following"),
        _followers(_number, where=_at_hosts).scalar_subquery().label("followers"),
    )
)
_one: ColumnElement[int] = literal_column("1")
_none: ColumnElement[int] = literal_column("0")
_each = union_all(
    _following(
        account.c.host,
        follow.c.account_id.label("who"),
        _one.label("following"),
        _none.label("followers"),
        where=_at_hosts,
    ),
    _followers(
        account.c.host,
        follow.c.target_id.label("who"),
        _none.label("following"),
        _one.label("followers"),
        where=_at_hosts,
    ),
).subquery()
_sums = (func.sum(_each.c.following), func.sum(_each.c.followers))
COST_BY_HOST = Statement(
    select(_each.c.host, func.count(_each.c.who.distinct()), *_sums).group_by(_each.c.host)
)
COST_BY_PERSON = Statement(
    select(_each.c.who, *_sums)
    .group_by(_each.c.who)
    .order_by(_number.desc(), _each.c.who)
    .limit(bindparam("most", type_=BigInteger))
)


class Cost(Struct, frozen=True):
    """What people of this site lose with some others: how many of them, follows both ways."""

    people: int
    following: int
    followers: int


class Suspended(Struct, frozen=True):
    """A row of ``suspended_peer``: a site that is denied. Times in milliseconds."""

    host: str
    since: int
    ends_at: int

    @property
    def has_ended(self) -> bool:
        """Follows are gone, taking the rule back brings none of them."""
        return self.ends_at == ENDED


class BlockedPeers:
    """Ends what still connects people of this site with sites that are blocked."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        follows: Follows,
        events: Events,
        sites: Sites,
        clock: Clock,
    ) -> None:
        self._database = database
        self._sites = sites
        self._clock = clock
        self._accounts = accounts
        self._follows = follows
        self._events = events

    async def review(self) -> None:
        """Suspends what is denied since, restores what is not any more, ends what is over."""
        for host in await self._database.write(self.note):
            await self.part([host])
            await self._database.write(self._mark_ended, host)

    async def note(self, tx: Transaction) -> list[str]:
        """Notes since when sites are denied and which are not any more; those that are over.

        Called after rules were changed, so that the month begins at once.
        """
        now = self._clock.now()
        denied = {site.host for site in await self._sites.all(tx) if self._denies(site.host)}
        known = await self.suspended(tx)
        resting = {one.host for one in known}
        if over := [one.host for one in known if not self._denies(one.host)]:
            await tx.run(RESTORE, hosts=over)
        new = [
            {"host": host, "since": now, "ends_at": now + SUSPENSION} for host in denied - resting
        ]
        if new:
            await tx.many(SUSPEND, new)
        return [one.host for one in known if one.ends_at <= now and self._denies(one.host)]

    def _denies(self, host: str) -> bool:
        return self._sites.is_denied(host)

    async def _mark_ended(self, tx: Transaction, host: str) -> None:
        await tx.run(MARK_ENDED, host=host, since=self._clock.now(), ends_at=ENDED)

    async def suspended(self, tx: Transaction) -> list[Suspended]:
        """Sites that are denied, with the moment at which follows with them end."""
        return [Suspended(*row) for row in await tx.all(SUSPENDED)]

    async def cost(self, tx: Transaction, hosts: Sequence[str]) -> Cost:
        """What would rest and in the end be lost if these hosts were denied."""
        row = await tx.one(COST, hosts=list(hosts))
        assert row is not None  # noqa: S101  (numbers are always there)
        return Cost(row.people, row.following, row.followers)

    async def costs(self, tx: Transaction, hosts: Sequence[str]) -> dict[str, Cost]:
        """The same for each of them, as far as anybody here follows or is followed there."""
        rows = await tx.all(COST_BY_HOST, hosts=list(hosts))
        return {host: Cost(int(who), int(there), int(here)) for host, who, there, here in rows}

    async def most_concerned(
        self, tx: Transaction, hosts: Sequence[str], most: int
    ) -> dict[int, tuple[int, int]]:
        """People of this site with the most follows there: whom they follow, their followers."""
        rows = await tx.all(COST_BY_PERSON, hosts=list(hosts), most=most)
        return {int(who): (int(there), int(here)) for who, there, here in rows}

    async def part(self, hosts: Sequence[str]) -> None:
        """Ends all follows with these hosts, a few at a time."""
        for host in hosts:
            told: int | None = None
            while True:
                who = await self._database.write(self._part_some, host, told)
                if who is None:
                    break
                told = who

    async def _part_some(self, tx: Transaction, host: str, told: int | None) -> int | None:
        """Ends some follows of one person, who is told unless they were; None: there are none."""
        who = await tx.value(SOMEBODY, host=host) if told is None else told
        rows = await tx.all(SOME, who=who or 0, limit=BATCH, host=host)
        if not rows and told is not None:
            told, who = None, await tx.value(SOMEBODY, host=host)
            rows = await tx.all(SOME, who=who or 0, limit=BATCH, host=host)
        me = None if who is None else await self._accounts.by_id(tx, who)
        if who is None or me is None:
            return None
        if told is None:
            counts = await tx.one(COUNTS, who=who, host=host)
            assert counts is not None  # noqa: S101  (numbers are always there)
            await self._events.publish(
                tx, PeerBlocked(who, host, counts.followers, counts.following)
            )
        others = await self._accounts.by_ids(tx, [row.id for row in rows])
        for row in rows:
            pair = (me, others[row.id]) if row.mine else (others[row.id], me)
            await self._follows.end(tx, *pair)
        return int(who)
