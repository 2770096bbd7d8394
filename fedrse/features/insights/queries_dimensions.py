"""SQL of dimensions. What is said to some people only is not counted, as in measures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal_column, select, table

from fedrse.features.access.service_joins import login, oauth_app
from fedrse.features.accounts.service_joins import account
from fedrse.features.insights.queries_measures import (
    count,
    domain,
    from_id,
    is_measured,
    is_open,
    of_tag,
    until_id,
)
from fedrse.features.media.service_joins import media, remote_file
from fedrse.features.posts.service_joins import post, post_tag
from fedrse.store.statement import Statement

_limit = bindparam("limit", type_=BigInteger)
_language: ColumnElement[str] = func.coalesce(post.c.language, "und").label("key")


def _most(found: Any, key: ColumnElement[Any], *conditions: Any) -> Statement:
    """The keys that occur most often."""
    return Statement(
        select(key, count)
        .select_from(found)
        .where(*conditions)
        .group_by(key)
        .order_by(count.desc(), key)
        .limit(_limit)
    )


def _by_site(found: Any, *conditions: Any) -> Statement:
    """The sites with most posts; counted by author first, so that few rows are joined."""
    written = (
        select(post.c.account_id, func.count().label("posts"))
        .select_from(found)
        .where(*conditions)
        .group_by(post.c.account_id)
        .subquery("written")
    )
    total = func.sum(written.c.posts).label("value")
    return Statement(
        select(account.c.domain.label("key"), total)
        .select_from(written.join(account, account.c.id == written.c.account_id))
        .group_by(account.c.domain)
        .order_by(total.desc(), account.c.domain)
        .limit(_limit)
    )


def _within(number: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    return (number >= from_id, number < until_id)


LANGUAGES = _most(
    login,
    login.c.locale.label("key"),
    login.c.last_active_at >= bindparam("begins", type_=BigInteger),
    login.c.last_active_at < bindparam("ends", type_=BigInteger),
)
SOURCES = _most(
    post.outerjoin(oauth_app, oauth_app.c.id == post.c.application_id),
    func.coalesce(oauth_app.c.name, "").label("key"),
    *_within(post.c.id),
    post.c.local,
    post.c.boost_of_id.is_(None),
    is_measured,
)
SERVERS = _by_site(
    post, *_within(post.c.id), ~post.c.local, post.c.boost_of_id.is_(None), is_measured
)
_uses = post_tag.join(post, post.c.id == post_tag.c.post_id)
_of_tag = (post_tag.c.tag_id == of_tag, *_within(post_tag.c.post_id), is_open)
TAG_SERVERS = _by_site(_uses, *_of_tag)
TAG_LANGUAGES = _most(_uses, _language, *_of_tag)
_there = (account.c.domain == domain, ~account.c.local)
FOLLOWED_THERE = Statement(
    select(account.c.username.label("key"), account.c.local_followers_count.label("value"))
    .where(*_there, account.c.local_followers_count > 0, account.c.deleted_at.is_(None))
    .order_by(account.c.local_followers_count.desc(), account.c.username)
    .limit(_limit)
)
LANGUAGES_THERE = _most(
    account.join(post, post.c.account_id == account.c.id),
    _language,
    *_there,
    *_within(post.c.id),
    post.c.boost_of_id.is_(None),
    is_measured,
)
UPLOADED = Statement(select(func.coalesce(func.sum(media.c.size), 0)))
COPIED = Statement(select(func.coalesce(func.sum(remote_file.c.size), 0)))
_pages, _size = table("pragma_page_count"), table("pragma_page_size")
DATABASE_SIZE = {
    "sqlite": Statement(
        select(literal_column("page_count * page_size", BigInteger)).select_from(_pages, _size)
    ),
    "postgresql": Statement(select(func.pg_database_size(func.current_database()))),
}
DATABASE_VERSION = {
    "sqlite": Statement(select(func.sqlite_version())),
    "postgresql": Statement(select(func.current_setting("server_version"))),
}
