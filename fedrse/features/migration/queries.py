"""SQL of exports: everything that a person has of one kind."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, bindparam, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.lists.service_joins import list_member, user_list
from fedrse.features.posts.service_joins import bookmark, post
from fedrse.features.relationships.service_joins import block, domain_block, follow, mute
from fedrse.store.statement import Statement

me = bindparam("me", type_=BigInteger)
_handle = (account.c.username, account.c.domain)
_there = account.c.deleted_at.is_(None)


def _people(table: Table, *more: str) -> Statement:
    return Statement(
        select(*_handle, account.c.id, *(table.c[name] for name in more))
        .join(table, table.c.target_id == account.c.id)
        .where(table.c.account_id == me, _there)
        .order_by(table.c.id)
    )


FOLLOWING = _people(follow, "show_boosts", "notify", "languages")
BLOCKING = _people(block)
MUTING = _people(mute, "notifications")
DOMAINS = Statement(
    select(domain_block.c.domain).where(domain_block.c.account_id == me).order_by(domain_block.c.id)
)
BOOKMARKS = Statement(
    select(post.c.uri, post.c.id)
    .join(bookmark, bookmark.c.post_id == post.c.id)
    .where(bookmark.c.account_id == me)
    .order_by(bookmark.c.id)
)
LISTS = Statement(
    select(user_list.c.title, *_handle)
    .select_from(user_list)
    .join(list_member, list_member.c.list_id == user_list.c.id)
    .join(account, account.c.id == list_member.c.account_id)
    .where(user_list.c.account_id == me, _there)
    .order_by(user_list.c.id, account.c.id)
)
