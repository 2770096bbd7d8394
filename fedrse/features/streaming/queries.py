"""SQL of live streams: facts about new posts, and what stands between people and authors."""

from __future__ import annotations

from sqlalchemy import exists, select

from fedrse.features.accounts.service_conditions import limited
from fedrse.features.accounts.service_joins import account
from fedrse.features.media.service_joins import media
from fedrse.features.posts.service_joins import mention, post, post_tag, tag
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.relationships.service_joins import follow
from fedrse.store.narrow import narrow_alias
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

FACTS = Statement(
    select(
        post.c.id,
        post.c.account_id,
        post.c.audience,
        post.c.listed,
        post.c.local,
        post.c.boost_of_id,
        post.c.reply_to_account_id,
        post.c.reply_to_uri,
        exists(select(1).where(media.c.post_id == post.c.id)).label("has_media"),
        limited(post.c.account_id).label("limited"),
    ).where(any_of(post.c.id, "ids"))
)
TAGS = Statement(
    select(post_tag.c.post_id, tag.c.id, tag.c.name)
    .join(tag, tag.c.id == post_tag.c.tag_id)
    .where(any_of(post_tag.c.post_id, "ids"))
)
TAG_NAMES = Statement(select(tag.c.id, tag.c.name).where(any_of(tag.c.id, "ids")))
NAMED = Statement(
    select(mention.c.post_id, mention.c.account_id)
    .join(account, account.c.id == mention.c.account_id)
    .where(any_of(mention.c.post_id, "ids"), mention.c.reached, account.c.local)
    .order_by(mention.c.position)
)
_viewer, _author = (narrow_alias(account, name, "id") for name in ("viewer", "author"))
SILENCED = Statement(
    select(_author.c.id, _viewer.c.id.label("viewer")).where(
        any_of(_author.c.id, "authors"),
        any_of(_viewer.c.id, "viewers"),
        silenced(_viewer.c.id, _author.c.id),
    )
)
FOLLOWING = Statement(
    select(follow.c.target_id, follow.c.account_id).where(
        any_of(follow.c.target_id, "authors"),
        any_of(follow.c.account_id, "viewers"),
        follow.c.accepted,
    )
)
