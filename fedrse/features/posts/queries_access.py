"""SQL of the doors to posts: a post with what decides who may read it."""

from __future__ import annotations

from sqlalchemy import Boolean, exists, literal_column, or_, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.queries import blocks, follows, in_group, is_named, key, me, one, words
from fedrse.features.posts.tables import mention, post
from fedrse.features.relationships.service_joins import follow
from fedrse.store.narrow import narrow_alias
from fedrse.store.statement import Statement

_by_id = post.c.id == key
_gone = or_(account.c.suspended_at.is_not(None), account.c.deleted_at.is_not(None))
_with_author = select(
    post,
    _gone.label("author_gone"),
    account.c.public_profile.label("author_agreed"),
).join(account, account.c.id == post.c.account_id)
ACCESS = Statement(
    _with_author.add_columns(
        follows(me, post.c.account_id).label("follows"),
        is_named(me).label("named"),
        in_group(me).label("in_group"),
        blocks(post.c.account_id, me).label("blocked"),
    ).where(_by_id)
)
_follower = narrow_alias(account, "follower", "id", "host")
_host_follows = exists(
    select(one)
    .select_from(follow)
    .join(_follower, _follower.c.id == follow.c.account_id)
    .where(
        follow.c.target_id == post.c.account_id,
        follow.c.accepted,
        ~follow.c.local,
        _follower.c.host == words("of_host"),
    )
)
REMOTE_ACCESS = Statement(
    _with_author.add_columns(
        _host_follows.label("follows"),
        is_named(me).label("named"),
        in_group(me).label("in_group"),
        blocks(post.c.account_id, me).label("blocked"),
    ).where(_by_id)
)
_asker = narrow_alias(account, "asker", "id", "uri")
ONLOOKER = Statement(
    select(
        account.c.host.label("author_host"),
        _asker.c.uri.label("asker_uri"),
        is_named(me).label("named"),
        in_group(me).label("in_group"),
    )
    .select_from(post)
    .join(account, account.c.id == post.c.account_id)
    .join(_asker, _asker.c.id == me)
    .where(_by_id)
)
_person = narrow_alias(account, "person", "id", "host")
HOST_ACCESS = Statement(
    _with_author.add_columns(
        _host_follows.label("follows"),
        exists(
            select(one)
            .select_from(mention)
            .join(_person, _person.c.id == mention.c.account_id)
            .where(
                mention.c.post_id == post.c.id,
                mention.c.reached,
                _person.c.host == words("of_host"),
            )
        ).label("named"),
        literal_column("FALSE", type_=Boolean).label("in_group"),
        literal_column("FALSE", type_=Boolean).label("blocked"),
    ).where(_by_id)
)
