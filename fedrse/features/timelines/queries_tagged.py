"""SQL of a tag timeline that is narrowed or widened by other tags."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.types import BigInteger

from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.timelines.queries_home import limit, newest, oldest
from fedrse.features.timelines.queries_public import listed
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_number = bindparam("number", type_=BigInteger)

TAG_IDS = Statement(select(tag.c.id, tag.c.name).where(any_of(tag.c.name, "names")))


def combined(
    *, local: bool | None, only_media: bool, ascending: bool, visitors: bool = False
) -> Select[tuple[int]]:
    """Ids of posts with one tag of ``any``, with all ``number`` of ``every``, and none of ``none``.

    As in ``tag_timeline``, replies are included.
    """
    each = post_tag.alias()
    found = (
        select(post_tag.c.post_id)
        .distinct()
        .select_from(post_tag)
        .join(post, post.c.id == post_tag.c.post_id)
        .where(
            any_of(post_tag.c.tag_id, "any"),
            post_tag.c.post_id < newest,
            post_tag.c.post_id > oldest,
            ~exists(
                select(1).where(each.c.post_id == post_tag.c.post_id, any_of(each.c.tag_id, "none"))
            ),
            select(func.count())
            .select_from(each)
            .where(each.c.post_id == post_tag.c.post_id, any_of(each.c.tag_id, "every"))
            .scalar_subquery()
            == _number,
        )
    )
    found = listed(found, local=local, only_media=only_media, visitors=visitors)
    order = post_tag.c.post_id.asc() if ascending else post_tag.c.post_id.desc()
    return found.order_by(order).limit(limit)


COMBINED = {
    (local, only_media, ascending): Statement(
        partial(combined, local=local, only_media=only_media, ascending=ascending)
    )
    for local in (None, True, False)
    for only_media in (False, True)
    for ascending in (False, True)
}
COMBINED_FOR_VISITORS = {
    (only_media, ascending): Statement(
        partial(combined, local=None, only_media=only_media, ascending=ascending, visitors=True)
    )
    for only_media in (False, True)
    for ascending in (False, True)
}
