"""SQL of lists and their timelines."""

from __future__ import annotations

from functools import partial

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from fedrse.core.ports import Protocol
from fedrse.features.lists.tables import list_member, user_list
from fedrse.features.posts.service_joins import post
from fedrse.features.relationships.service_conditions import silenced, silences_anybody
from fedrse.features.relationships.service_joins import follow
from fedrse.store.rebind import rebind
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)
me = bindparam("me", type_=BigInteger)
member = bindparam("member", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
_considered = limit + limit // 4
policy = bindparam("policy", type_=Text)
_one: ColumnElement[int] = literal_column("1")
_SHOWN_AUDIENCES = ("public", "network", "site", "followers")

ADD = Statement(insert(user_list))
OF_ACCOUNT = Statement(
    select(user_list).where(user_list.c.account_id == me).order_by(user_list.c.id)
)
COUNT = Statement(select(func.count()).where(user_list.c.account_id == me))
BY_ID = Statement(select(user_list).where(user_list.c.id == key, user_list.c.account_id == me))
SET = Statement(
    update(user_list)
    .where(user_list.c.id == key)
    .values(
        title=bindparam("new_title"),
        replies_policy=bindparam("new_policy"),
        exclusive=bindparam("new_exclusive"),
    )
)
REMOVE = Statement(delete(user_list).where(user_list.c.id == key))
REMOVE_ALL = Statement(delete(user_list).where(user_list.c.account_id == me))
WITH_MEMBER = Statement(
    select(user_list)
    .join(list_member, list_member.c.list_id == user_list.c.id)
    .where(user_list.c.account_id == me, list_member.c.account_id == member)
    .order_by(user_list.c.id)
)

ADD_MEMBER = Statement(insert(list_member).on_conflict_do_nothing())
REMOVE_MEMBER = Statement(
    delete(list_member).where(list_member.c.list_id == key, list_member.c.account_id == member)
)
REMOVE_FROM_ALL = Statement(
    delete(list_member).where(
        list_member.c.account_id == member,
        list_member.c.list_id.in_(select(user_list.c.id).where(user_list.c.account_id == me)),
    )
)
AMONG_WITH_MEMBER = Statement(
    select(list_member.c.list_id).where(
        list_member.c.account_id == member, any_of(list_member.c.list_id, "lists")
    )
)
COUNT_MEMBERS = Statement(select(func.count()).where(list_member.c.list_id == key))
ALL_MEMBERS = Statement(select(list_member.c.account_id).where(list_member.c.list_id == key))
FOLLOWED_AMONG = Statement(
    select(follow.c.target_id).where(
        follow.c.account_id == me, any_of(follow.c.target_id, "ids"), follow.c.accepted
    )
)
IS_HIDDEN = Statement(
    select(_one)
    .select_from(user_list)
    .join(list_member, list_member.c.list_id == user_list.c.id)
    .where(
        user_list.c.account_id == me,
        user_list.c.exclusive,
        list_member.c.account_id == member,
    )
    .limit(1)
)


class _OneWay(Protocol):
    def __call__(self, *, ascending: bool) -> Select[tuple[int]]: ...


def _both_ways(make: _OneWay) -> dict[bool, Statement]:
    """By whether the page is ascending; each is written at its first use."""
    return {ascending: Statement(partial(make, ascending=ascending)) for ascending in (False, True)}


def _members(*, ascending: bool) -> Select[tuple[int]]:
    column = list_member.c.account_id
    found = select(column).where(list_member.c.list_id == key, column < newest, column > oldest)
    return found.order_by(column.asc() if ascending else column.desc()).limit(limit)


MEMBERS = _both_ways(_members)


# Timelines


def _answers_fit(found: FromClause, of_list: ColumnElement[int]) -> ColumnElement[bool]:
    """Not an answer, or one that the policy of the list lets through."""
    to = found.c.reply_to_account_id
    fellow = list_member.alias()
    return or_(
        and_(to.is_(None), found.c.reply_to_uri.is_(None)),
        to == found.c.account_id,
        to == me,
        and_(
            policy == "list",
            exists(select(_one).where(fellow.c.list_id == of_list, fellow.c.account_id == to)),
        ),
        and_(
            policy == "followed",
            exists(
                select(_one).where(
                    follow.c.account_id == me, follow.c.target_id == to, follow.c.accepted
                )
            ),
        ),
    )


def _shown(
    found: FromClause, original: FromClause, of_list: ColumnElement[int]
) -> ColumnElement[bool]:
    """What a list shows of its members; ``original`` is what a boost shares."""
    wants_boosts = exists(
        select(_one).where(
            follow.c.account_id == me,
            follow.c.target_id == found.c.account_id,
            follow.c.show_boosts,
        )
    )
    return and_(
        found.c.audience.in_(_SHOWN_AUDIENCES),
        _answers_fit(found, of_list),
        ~and_(silences_anybody(me), silenced(me, found.c.account_id)),
        or_(
            found.c.boost_of_id.is_(None),
            and_(
                original.c.account_id != me,
                wants_boosts,
                ~silenced(me, original.c.account_id),
            ),
        ),
    )


def _within(column: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(column < newest, column > oldest)


def _ordered(column: ColumnElement[int], *, ascending: bool) -> ColumnElement[int]:
    return column.asc() if ascending else column.desc()


def _up_to(end: ColumnElement[int], *, ascending: bool) -> Select[tuple[int]]:
    """Ids of what members wrote, from the beginning of the page to this one, if there is one."""
    every = post.alias("every_post")
    if ascending:
        page = and_(every.c.id > oldest, every.c.id <= func.coalesce(end, newest - 1))
    else:
        page = and_(every.c.id < newest, every.c.id >= func.coalesce(end, oldest + 1))
    return (
        select(every.c.id)
        .select_from(list_member.join(every, every.c.account_id == list_member.c.account_id))
        .where(list_member.c.list_id == key, page)
        .order_by(_ordered(every.c.id, ascending=ascending))
    )


def _newest(*, ascending: bool, known: bool = False) -> Select[tuple[int]]:
    """The page, where what members wrote last fills it: two walks along an index, one sort.

    Two posts of each member show how far back to look so that there are enough; what stands
    beyond is not looked at. Too few come back where little of it is shown. ``known``: the id
    ``enough`` says how far back to look.
    """
    some = post.alias("some_post")
    original = post.alias("original")

    second = (
        select(some.c.id)
        .where(some.c.account_id == list_member.c.account_id, _within(some.c.id))
        .order_by(_ordered(some.c.id, ascending=ascending))
        .limit(1)
        .offset(1)
        .correlate(list_member)
        .scalar_subquery()
    )
    enough = _up_to(second, ascending=ascending).limit(1).offset(_considered - 1).scalar_subquery()
    end: ColumnElement[int] = bindparam("enough", type_=BigInteger) if known else enough
    considered = _up_to(end, ascending=ascending).limit(_considered).subquery()
    found = (
        select(post.c.id)
        .select_from(
            considered.join(post, post.c.id == considered.c.id).outerjoin(
                original, original.c.id == post.c.boost_of_id
            )
        )
        .where(_shown(post, original, key))
    )
    return found.order_by(_ordered(post.c.id, ascending=ascending)).limit(limit)


def _newest_of_own(*, ascending: bool, known: bool = False) -> Select[tuple[int]]:
    """The same, only of a list of ``me``, with the policy that it has."""
    own = (user_list.c.id == key, user_list.c.account_id == me)
    found = _newest(ascending=ascending, known=known).where(exists(select(_one).where(*own)))
    return rebind(found, "policy", select(user_list.c.replies_policy).where(*own).scalar_subquery())


def _timeline(*, ascending: bool) -> Select[tuple[int]]:
    """For each member a short walk by id, as for authors who are looked up in home timelines."""
    inner, original = post.alias("inner_post"), post.alias("original")
    few = (
        select(inner.c.id)
        .select_from(inner.outerjoin(original, original.c.id == inner.c.boost_of_id))
        .where(
            inner.c.account_id == list_member.c.account_id,
            _within(inner.c.id),
            _shown(inner, original, key),
        )
        .order_by(_ordered(inner.c.id, ascending=ascending))
        .limit(limit)
        .correlate(list_member)
    )
    found = (
        select(post.c.id)
        .select_from(list_member)
        .join(post, and_(post.c.account_id == list_member.c.account_id, post.c.id.in_(few)))
        .where(list_member.c.list_id == key)
    )
    return found.order_by(_ordered(post.c.id, ascending=ascending)).limit(limit)


NEWEST = _both_ways(_newest)
NEWEST_OF_OWN = _both_ways(_newest_of_own)
# The first page of a list that was read a while ago.
SINCE_OF_OWN = Statement(partial(_newest_of_own, ascending=False, known=True))
TIMELINE = _both_ways(_timeline)


def _showing() -> Select[tuple[int, int]]:
    original = post.alias("original")
    found = (
        select(post.c.id, user_list.c.id.label("list_id"))
        .select_from(
            user_list.join(list_member, list_member.c.list_id == user_list.c.id)
            .join(post, post.c.account_id == list_member.c.account_id)
            .outerjoin(original, original.c.id == post.c.boost_of_id)
        )
        .where(
            any_of(post.c.id, "posts"),
            any_of(user_list.c.id, "lists"),
            _shown(post, original, user_list.c.id),
        )
    )
    return rebind(rebind(found, "me", user_list.c.account_id), "policy", user_list.c.replies_policy)


# Which of ``lists`` show which of ``posts``.
SHOWING = Statement(_showing)
