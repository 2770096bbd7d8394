"""SQL of tags and domains in home timelines.

Posts with a followed tag are written like those of people one follows.

Who follows no tag costs nothing when reading: there is nothing more to look at.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.service_joins import post, post_tag
from fedrse.features.relationships.service_conditions import silenced, unwanted_language
from fedrse.features.relationships.service_joins import follow
from fedrse.features.tags.service_joins import tag_follow
from fedrse.features.timelines.queries_home import author, limit, me, post_id
from fedrse.features.timelines.tables import home_entry
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_one: ColumnElement[int] = literal_column("1")
_tag_id = bindparam("of_tag", type_=BigInteger)
_listed: ColumnElement[bool] = literal_column("post.listed")
_open: ColumnElement[bool] = literal_column("post.audience IN ('public', 'network', 'site')")
_add = insert(home_entry)
_entries = home_entry.alias()
_readers = (
    select(tag_follow.c.account_id, post_tag.c.post_id)
    .distinct()
    .select_from(post_tag)
    .join(tag_follow, tag_follow.c.tag_id == post_tag.c.tag_id)
    .join(post, post.c.id == post_tag.c.post_id)
    .where(
        post_tag.c.post_id == post_id,
        _listed,
        tag_follow.c.account_id != author,
        ~silenced(tag_follow.c.account_id, author),
        ~unwanted_language(tag_follow.c.account_id, author, post.c.language),
    )
)
ADD_TAGGED = Statement(
    _add.from_select(["account_id", "post_id"], _readers).on_conflict_do_nothing()
)
BACKFILL_TAG = Statement(
    _add.from_select(
        ["account_id", "post_id"],
        select(me, post_tag.c.post_id)
        .select_from(post_tag)
        .join(post, post.c.id == post_tag.c.post_id)
        .where(
            post_tag.c.tag_id == _tag_id,
            _open,
            _listed,
            post.c.account_id != me,
            ~silenced(me, post.c.account_id),
            ~unwanted_language(me, post.c.account_id, post.c.language),
        )
        .order_by(post_tag.c.post_id.desc())
        .limit(limit),
    ).on_conflict_do_nothing()
)
# What stays: own posts, those of people one follows, those with another tag one follows.
_still_tagged = post_tag.alias("still_tagged")
_wanted = exists(
    select(_one)
    .select_from(_still_tagged)
    .join(tag_follow, tag_follow.c.tag_id == _still_tagged.c.tag_id)
    .where(_still_tagged.c.post_id == post.c.id, tag_follow.c.account_id == me)
)
_followed = exists(
    select(_one).where(
        follow.c.account_id == me, follow.c.target_id == post.c.account_id, follow.c.accepted
    )
)
REMOVE_TAG = Statement(
    delete(home_entry).where(
        home_entry.c.account_id == me,
        home_entry.c.post_id.in_(
            select(post.c.id)
            .select_from(post_tag)
            .join(post, post.c.id == post_tag.c.post_id)
            .where(post_tag.c.tag_id == _tag_id, post.c.account_id != me, ~_followed, ~_wanted)
        ),
    )
)
# Nothing of a domain that somebody blocks, by whatever way it came.
_domain = bindparam("domain", type_=Text)
REMOVE_DOMAIN = Statement(
    delete(home_entry).where(
        home_entry.c.account_id == me,
        home_entry.c.post_id.in_(
            select(post.c.id)
            .join(account, account.c.id == post.c.account_id)
            .join(_entries, _entries.c.post_id == post.c.id)
            .where(_entries.c.account_id == me)
            .where(or_(account.c.domain == _domain, account.c.host == _domain))
        ),
    )
)
