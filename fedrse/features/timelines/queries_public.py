"""SQL of the public and tag timelines."""

from __future__ import annotations

from functools import partial

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
)

from fedrse.features.accounts.service_conditions import agreed, limited
from fedrse.features.media.service_joins import media
from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.timelines.queries_home import limit, me, newest, oldest
from fedrse.store.statement import Statement

# Written out: only with constants the planner sees that the partial index fits.
_OPEN: ColumnElement[bool] = literal_column("post.audience IN ('public', 'network', 'site')")
_FOR_VISITORS: ColumnElement[bool] = literal_column("post.local AND post.audience = 'public'")


def listed(
    found: Select[tuple[int]], *, local: bool | None, only_media: bool, visitors: bool = False
) -> Select[tuple[int]]:
    """Of posts, those that ``me`` finds in (``since_id``, ``max_id``).

    ``visitors``: of those, what people of this site who agreed to it write for everybody.
    """
    if visitors:
        found = found.where(_FOR_VISITORS, agreed(post.c.account_id))
    found = found.where(
        literal_column("post.listed"),
        post.c.boost_of_id.is_(None),
        _OPEN,
        post.c.id < newest,
        post.c.id > oldest,
        ~silenced(me, post.c.account_id),
        ~limited(post.c.account_id),
    )
    if local is not None:
        found = found.where(literal_column("post.local" if local else "NOT post.local"))
    if only_media:
        found = found.where(exists(select(1).where(media.c.post_id == post.c.id)))
    return found


def public_timeline(
    *, local: bool | None, only_media: bool, ascending: bool, visitors: bool = False
) -> Select[tuple[int]]:
    """Ids for ``me`` in (``since_id``, ``max_id``); replies only to oneself, as Mastodon does."""
    found = select(post.c.id).where(
        or_(
            and_(post.c.reply_to_account_id.is_(None), post.c.reply_to_uri.is_(None)),
            post.c.reply_to_account_id == post.c.account_id,
        )
    )
    found = listed(found, local=local, only_media=only_media, visitors=visitors)
    order = post.c.id.asc() if ascending else post.c.id.desc()
    return found.order_by(order).limit(limit)


PUBLIC = {
    (local, only_media, ascending): Statement(
        partial(public_timeline, local=local, only_media=only_media, ascending=ascending)
    )
    for local in (None, True, False)
    for only_media in (False, True)
    for ascending in (False, True)
}
PUBLIC_FOR_VISITORS = {
    (only_media, ascending): Statement(
        partial(
            public_timeline,
            local=None,
            only_media=only_media,
            ascending=ascending,
            visitors=True,
        )
    )
    for only_media in (False, True)
    for ascending in (False, True)
}

_tag_id = select(tag.c.id).where(tag.c.name == bindparam("name")).scalar_subquery()


def tag_timeline(
    *, local: bool | None, only_media: bool, ascending: bool, visitors: bool = False
) -> Select[tuple[int]]:
    """Ids of posts with the tag ``name``, replies included."""
    found = (
        select(post.c.id)
        .select_from(post_tag)
        .join(post, post.c.id == post_tag.c.post_id)
        .where(
            post_tag.c.tag_id == _tag_id, post_tag.c.post_id < newest, post_tag.c.post_id > oldest
        )
    )
    found = listed(found, local=local, only_media=only_media, visitors=visitors)
    order = post_tag.c.post_id.asc() if ascending else post_tag.c.post_id.desc()
    return found.order_by(order).limit(limit)


TAGGED = {
    (local, only_media, ascending): Statement(
        partial(tag_timeline, local=local, only_media=only_media, ascending=ascending)
    )
    for local in (None, True, False)
    for only_media in (False, True)
    for ascending in (False, True)
}
TAGGED_FOR_VISITORS = {
    (only_media, ascending): Statement(
        partial(tag_timeline, local=None, only_media=only_media, ascending=ascending, visitors=True)
    )
    for only_media in (False, True)
    for ascending in (False, True)
}
