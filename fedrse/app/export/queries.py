"""What belongs to an account, in pieces that fit into memory."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.service_joins import bookmark, post
from fedrse.features.reactions.model import LIKE
from fedrse.features.reactions.tables import reaction
from fedrse.features.relationships.service_joins import block, follow, mute
from fedrse.store.statement import Statement

PIECE = 200
_owner = bindparam("owner", type_=BigInteger)
_after = bindparam("after", type_=BigInteger)

POSTS = Statement(
    select(post.c.id)
    .where(post.c.account_id == _owner, post.c.local, post.c.id > _after)
    .order_by(post.c.id)
    .limit(PIECE)
)
LIKES = Statement(
    select(reaction.c.id, post.c.uri)
    .join(post, post.c.id == reaction.c.post_id)
    .where(reaction.c.account_id == _owner, reaction.c.content == LIKE, reaction.c.id > _after)
    .order_by(reaction.c.id)
    .limit(PIECE)
)
BOOKMARKS = Statement(
    select(bookmark.c.id, post.c.uri)
    .join(post, post.c.id == bookmark.c.post_id)
    .where(bookmark.c.account_id == _owner, bookmark.c.id > _after)
    .order_by(bookmark.c.id)
    .limit(PIECE)
)


def _people(listed: Select[tuple[str, str]], who: ColumnElement[int]) -> Statement:
    """The handles of people, in pieces by their ids."""
    return Statement(
        listed.where(account.c.deleted_at.is_(None), who > _after).order_by(who).limit(PIECE)
    )


FOLLOWING = _people(
    select(
        follow.c.target_id.label("id"),
        account.c.username,
        account.c.domain,
        follow.c.show_boosts,
        follow.c.notify,
        follow.c.languages,
    )
    .join(account, account.c.id == follow.c.target_id)
    .where(follow.c.account_id == _owner),
    follow.c.target_id,
)
FOLLOWERS = _people(
    select(follow.c.account_id.label("id"), account.c.username, account.c.domain)
    .join(account, account.c.id == follow.c.account_id)
    .where(follow.c.target_id == _owner, follow.c.accepted),
    follow.c.account_id,
)
BLOCKED = _people(
    select(block.c.target_id.label("id"), account.c.username, account.c.domain)
    .join(account, account.c.id == block.c.target_id)
    .where(block.c.account_id == _owner),
    block.c.target_id,
)
MUTED = _people(
    select(
        mute.c.target_id.label("id"),
        account.c.username,
        account.c.domain,
        mute.c.notifications,
    )
    .join(account, account.c.id == mute.c.target_id)
    .where(mute.c.account_id == _owner),
    mute.c.target_id,
)
