"""SQL of previews."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, exists, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.cards.tables import post_card, preview_card
from fedrse.features.media.service_joins import media
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)

# A post with pictures or a quote shows those; letters stay between those who write them.
POST = Statement(
    select(post.c.id, post.c.content, account.c.uri, account.c.host)
    .join_from(post, account, account.c.id == post.c.account_id)
    .where(
        post.c.id == key,
        post.c.boost_of_id.is_(None),
        post.c.audience != "direct",
        post.c.quote_of_uri.is_(None),
        ~exists(select(1).where(media.c.post_id == post.c.id)),
    )
)
BY_URL = Statement(
    select(preview_card).where(preview_card.c.url == bindparam("of_url", type_=Text))
)
BY_ID = Statement(select(preview_card).where(preview_card.c.id == key))
OF_POSTS = Statement(
    select(post_card.c.post_id, *preview_card.c)
    .select_from(post_card)
    .join(preview_card, preview_card.c.id == post_card.c.card_id)
    .where(any_of(post_card.c.post_id, "ids"), preview_card.c.state == "ready")
)
_put = insert(preview_card)
PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["url"],
        set_={
            column.name: _put.excluded[column.name]
            for column in preview_card.c
            if column.name not in {"id", "url"}
        },
    )
)
_shown = insert(post_card)
SHOW = Statement(
    _shown.on_conflict_do_update(
        index_elements=["post_id"], set_={"card_id": _shown.excluded.card_id}
    )
)
HIDE = Statement(delete(post_card).where(post_card.c.post_id == key))
SHOWING = Statement(select(post_card.c.post_id).where(post_card.c.card_id == key).limit(200))
# Nobody shows them any more.
UNUSED = Statement(
    select(preview_card.c.id, preview_card.c.image_key)
    .where(
        preview_card.c.fetched_at < bindparam("before", type_=BigInteger),
        ~exists(select(1).where(post_card.c.card_id == preview_card.c.id)),
    )
    .limit(200)
)
REMOVE = Statement(delete(preview_card).where(any_of(preview_card.c.id, "ids")))
