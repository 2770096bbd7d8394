"""SQL of filters, and of the texts in which they look."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, literal, null, select, union_all, update

from fedrse.features.filters.tables import content_filter, filter_keyword, filter_post
from fedrse.features.media.service_joins import media
from fedrse.features.polls.service_joins import poll
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
key = bindparam("key", type_=BigInteger)

OWNERS = Statement(select(content_filter.c.account_id).distinct())
OF_ACCOUNT = Statement(
    select(content_filter).where(content_filter.c.account_id == me).order_by(content_filter.c.id)
)
KEYWORDS_OF = Statement(
    select(filter_keyword)
    .join(content_filter, content_filter.c.id == filter_keyword.c.filter_id)
    .where(content_filter.c.account_id == me)
    .order_by(filter_keyword.c.id)
)
POSTS_OF = Statement(
    select(filter_post)
    .join(content_filter, content_filter.c.id == filter_post.c.filter_id)
    .where(content_filter.c.account_id == me)
    .order_by(filter_post.c.id)
)
COUNT = Statement(select(func.count()).where(content_filter.c.account_id == me))

ADD = Statement(insert(content_filter))
SET = Statement(
    update(content_filter)
    .where(content_filter.c.id == key)
    .values(
        {name: bindparam(f"new_{name}") for name in ("title", "context", "action", "expires_at")}
    )
)
REMOVE = Statement(delete(content_filter).where(content_filter.c.id == key))
REMOVE_ALL = Statement(delete(content_filter).where(content_filter.c.account_id == me))
ADD_KEYWORD = Statement(insert(filter_keyword))
SET_KEYWORD = Statement(
    update(filter_keyword)
    .where(filter_keyword.c.id == key)
    .values(keyword=bindparam("new_keyword"), whole_word=bindparam("new_whole_word"))
)
REMOVE_KEYWORD = Statement(delete(filter_keyword).where(filter_keyword.c.id == key))
ADD_POST = Statement(insert(filter_post).on_conflict_do_nothing())
REMOVE_POST = Statement(delete(filter_post).where(filter_post.c.id == key))

# Everything of a post in which words are looked for: rows of (post, HTML, text, poll options).
TEXTS = Statement(
    union_all(
        select(
            post.c.id,
            post.c.content.label("html"),
            (post.c.title + literal("\n") + post.c.summary).label("words"),
            poll.c.options,
        )
        .select_from(post.outerjoin(poll, poll.c.post_id == post.c.id))
        .where(any_of(post.c.id, "ids")),
        select(media.c.post_id, null(), media.c.description, null()).where(
            any_of(media.c.post_id, "ids"), media.c.description != ""
        ),
    )
)
