"""SQL of chats: the conversations of somebody with the same people, together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from fedrse.features.conversations.queries import key, me, post_id
from fedrse.features.conversations.tables import chat_setting, conversation, conversation_post
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

people = bindparam("people", type_=Text)
limit = bindparam("limit", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)

_mine = and_(conversation.c.account_id == me, conversation.c.participants == people)
_last = func.max(conversation.c.last_post_id)
_chat = (
    select(
        func.min(conversation.c.id).label("key"),
        conversation.c.participants,
        _last.label("last_post_id"),
        func.max(case((conversation.c.unread, 1), else_=0)).label("unread"),
        func.max(case((chat_setting.c.muted, 1), else_=0)).label("muted"),
    )
    .select_from(conversation)
    .outerjoin(
        chat_setting,
        and_(
            chat_setting.c.account_id == conversation.c.account_id,
            chat_setting.c.participants == conversation.c.participants,
        ),
    )
    .where(conversation.c.account_id == me)
    .group_by(conversation.c.participants)
)
LISTING = Statement(_chat.having(_last < newest).order_by(_last.desc()).limit(limit))
ONE = Statement(_chat.where(conversation.c.participants == people))
PEOPLE_OF = Statement(
    select(conversation.c.participants).where(
        conversation.c.account_id == me, conversation.c.id == key
    )
)
OF_POST = Statement(
    select(conversation.c.participants)
    .join(conversation_post, conversation_post.c.conversation_id == conversation.c.id)
    .where(conversation.c.account_id == me, conversation_post.c.post_id == post_id)
)
POSTS = Statement(
    select(conversation_post.c.post_id)
    .distinct()
    .join(conversation, conversation.c.id == conversation_post.c.conversation_id)
    .where(_mine, conversation_post.c.post_id < newest)
    .order_by(conversation_post.c.post_id.desc())
    .limit(limit)
)
TEXTS = Statement(select(post.c.id, post.c.content).where(any_of(post.c.id, "ids")))
MARK_READ = Statement(
    update(conversation).where(_mine, conversation.c.unread).values(unread=literal_column("false"))
)
HIDE = Statement(delete(conversation).where(_mine))

_set = insert(chat_setting)
SET = Statement(
    _set.on_conflict_do_update(
        index_elements=["account_id", "participants"],
        set_={"muted": _set.excluded.muted, "gone": _set.excluded.gone},
    )
)
UNSET = Statement(
    delete(chat_setting).where(
        chat_setting.c.account_id == me, chat_setting.c.participants == people
    )
)
QUIET = Statement(
    select(chat_setting).where(
        any_of(chat_setting.c.account_id, "ids"), or_(chat_setting.c.muted, chat_setting.c.gone)
    )
)
# One post of each thread, for marks that belong to threads.
THREADS = Statement(
    select(_last.label("post_id"))
    .where(_mine)
    .group_by(conversation.c.thread_id)
    .order_by(_last.desc())
    .limit(limit)
)
