"""SQL of conversations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.conversations.tables import conversation, conversation_post
from fedrse.features.posts.service_joins import mention, post, thread_mute
from fedrse.features.relationships.service_conditions import silenced
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
_one: ColumnElement[int] = literal_column("1")
me = bindparam("me", type_=BigInteger)
key = bindparam("key", type_=BigInteger)
author = bindparam("author", type_=BigInteger)
post_id = bindparam("of_post", type_=BigInteger)

THREAD = Statement(select(post.c.thread_id).where(post.c.id == post_id))
# Everybody in the conversation about a post: its author, and whom it reaches.
PEOPLE = Statement(
    select(
        account.c.id,
        account.c.local,
        silenced(account.c.id, author).label("silenced"),
        exists(
            select(_one).where(
                thread_mute.c.account_id == account.c.id,
                thread_mute.c.thread_id == bindparam("thread", type_=BigInteger),
            )
        ).label("muted"),
    ).where(
        or_(
            account.c.id == author,
            account.c.id.in_(
                select(mention.c.account_id).where(mention.c.post_id == post_id, mention.c.reached)
            ),
        )
    )
)

_add = insert(conversation)
_later = case(
    (_add.excluded.last_post_id > conversation.c.last_post_id, _add.excluded.last_post_id),
    else_=conversation.c.last_post_id,
)
SAVE = Statement(
    _add.on_conflict_do_update(
        index_elements=["account_id", "thread_id", "participants"],
        set_={"last_post_id": _later, "unread": _add.excluded.unread},
    ).returning(conversation.c.id)
)
ADD_POST = Statement(insert(conversation_post).on_conflict_do_nothing())

# A post that goes

WITH_POST = Statement(
    delete(conversation_post)
    .where(conversation_post.c.post_id == post_id)
    .returning(conversation_post.c.conversation_id)
)
LAST = Statement(
    select(func.max(conversation_post.c.post_id)).where(conversation_post.c.conversation_id == key)
)
SET_LAST = Statement(
    update(conversation).where(conversation.c.id == key).values(last_post_id=post_id)
)
DROP = Statement(delete(conversation).where(conversation.c.id == key))

# A person's own

REMOVE = Statement(
    delete(conversation).where(conversation.c.id == key, conversation.c.account_id == me)
)
REMOVE_ALL = Statement(delete(conversation).where(conversation.c.account_id == me))
MARK = Statement(
    update(conversation)
    .where(conversation.c.id == key, conversation.c.account_id == me)
    .values(unread=bindparam("wanted"))
    .returning(conversation)
)
BY_IDS = Statement(select(conversation).where(any_of(conversation.c.id, "ids")))


def _listing(*, ascending: bool) -> Statement:
    last = conversation.c.last_post_id
    return Statement(
        select(conversation)
        .where(
            conversation.c.account_id == me,
            last < bindparam("max_id", type_=BigInteger),
            last > bindparam("since_id", type_=BigInteger),
        )
        .order_by(last.asc() if ascending else last.desc())
        .limit(bindparam("limit", type_=BigInteger))
    )


LISTING = {ascending: _listing(ascending=ascending) for ascending in (False, True)}
