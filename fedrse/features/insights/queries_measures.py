"""SQL of measures: values by day, for a span and as many days before it.

Ids begin with their time, so ``since_id`` and ``until_id`` cut out the days by the primary key.
What is said to some people only, direct posts and those of groups, is not counted anywhere.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from fedrse.core.clock import DAY
from fedrse.core.ids import first_of
from fedrse.features.access.service_joins import login, visit
from fedrse.features.accounts.service_joins import account
from fedrse.features.media.service_joins import media, remote_file
from fedrse.features.moderation.service_joins import report
from fedrse.features.posts.service_joins import post, post_tag
from fedrse.features.reactions.service_joins import reaction
from fedrse.features.relationships.service_joins import follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

since_id = bindparam("since_id", type_=BigInteger)
from_id = bindparam("from_id", type_=BigInteger)
until_id = bindparam("until_id", type_=BigInteger)
_since = bindparam("since", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
domain = bindparam("of_domain", type_=Text)
of_tag = bindparam("of_tag", type_=BigInteger)
count: ColumnElement[int] = func.count().label("value")
# Written out, so that the planner knows that the posts are those of the public timelines.
is_open = and_(
    literal_column("post.listed"),
    literal_column("post.audience IN ('public', 'network', 'site')"),
)
is_measured: ColumnElement[bool] = literal_column("post.audience NOT IN ('direct', 'group')")


def _day(number: ColumnElement[int]) -> ColumnElement[int]:
    """The day of an id."""
    return (number // literal_column(str(first_of(DAY)), BigInteger)).label("day")


def _day_at(moment: ColumnElement[int]) -> ColumnElement[int]:
    """The day of a time in milliseconds."""
    return (moment // literal_column(str(DAY), Integer)).label("day")


def _within(number: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(number >= since_id, number < until_id)


def _by_day(found: Any, number: ColumnElement[int], *conditions: Any) -> Statement:
    day = _day(number)
    return Statement(
        select(day, count).select_from(found).where(_within(number), *conditions).group_by(day)
    )


VISITS = Statement(
    select(visit.c.day, visit.c.before, visit.c.people).where(
        visit.c.day >= bindparam("first", type_=BigInteger),
        visit.c.day <= bindparam("last", type_=BigInteger),
    )
)
_joined = _day_at(login.c.created_at)
NEWCOMERS = Statement(
    select(_joined, count)
    .where(login.c.created_at >= _since, login.c.created_at < _until)
    .group_by(_joined)
)
REACTIONS = _by_day(
    reaction.join(post, post.c.id == reaction.c.post_id), reaction.c.id, post.c.local, is_measured
)
_original = post.alias("original")
ANSWERS = _by_day(
    post.join(_original, _original.c.id == func.coalesce(post.c.boost_of_id, post.c.reply_to_id)),
    post.c.id,
    is_measured,
    _original.c.local,
    # Who goes on with a thread of their own answers nobody.
    post.c.boost_of_id.is_not(None) | (post.c.account_id != _original.c.account_id),
)
OPENED = _by_day(report, report.c.id)
_closed = _day_at(report.c.closed_at)
CLOSED = Statement(
    select(_closed, count)
    .where(report.c.closed_at >= _since, report.c.closed_at < _until, report.c.state == "closed")
    .group_by(_closed)
)

# A hashtag: by day and person, so that one pass answers everything about it
_used = (
    select(_day(post_tag.c.post_id), post.c.account_id, func.count().label("uses"))
    .select_from(post_tag.join(post, post.c.id == post_tag.c.post_id))
    .where(post_tag.c.tag_id == of_tag, _within(post_tag.c.post_id), is_open)
    .group_by("day", post.c.account_id)
    .subquery("used")
)
TAG_USES = Statement(
    select(
        _used.c.day,
        _used.c.account_id,
        _used.c.uses,
        case((~account.c.local, account.c.domain)).label("server"),
    ).select_from(_used.join(account, account.c.id == _used.c.account_id))
)

# Another site

_there = (account.c.domain == domain, ~account.c.local)
ACCOUNTS_THERE = _by_day(account, account.c.id, *_there)
STATUSES_THERE = _by_day(
    account.join(post, post.c.account_id == account.c.id),
    post.c.id,
    *_there,
    post.c.boost_of_id.is_(None),
    is_measured,
)
REPORTS_THERE = _by_day(
    account.join(report, report.c.target_id == account.c.id), report.c.id, *_there
)
FOLLOWED_THERE = _by_day(
    account.join(follow, follow.c.target_id == account.c.id),
    follow.c.id,
    *_there,
    follow.c.accepted,
    follow.c.local,
)
_here = account.alias("here")
FOLLOWING_FROM_THERE = _by_day(
    account.join(follow, follow.c.account_id == account.c.id).join(
        _here, _here.c.id == follow.c.target_id
    ),
    follow.c.id,
    *_there,
    follow.c.accepted,
    _here.c.local,
)
FILES_THERE = Statement(
    select(_day(media.c.id), media.c.remote_url)
    .select_from(account.join(media, media.c.account_id == account.c.id))
    .where(*_there, _within(media.c.id), media.c.remote_url.is_not(None))
)
SIZES = Statement(
    select(remote_file.c.url_hash, remote_file.c.size).where(
        any_of(remote_file.c.url_hash, "hashes")
    )
)
