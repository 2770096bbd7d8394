"""SQL of media."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Text, bindparam, delete, or_, select, update

from fedrse.features.media.tables import media
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("media_id", type_=BigInteger)
me = bindparam("me", type_=BigInteger)
post_id = bindparam("of_post", type_=BigInteger)
_keys = (media.c.key, media.c.preview_key, media.c.source_key)

ADD = Statement(insert(media))
OWN = Statement(select(media).where(media.c.id == key, media.c.account_id == me))
FREE = Statement(
    select(media)
    .where(any_of(media.c.id, "ids"), media.c.account_id == me, ~media.c.reserved)
    .where(or_(media.c.post_id.is_(None), media.c.post_id == post_id))
)
OF_POSTS = Statement(
    select(media)
    .where(any_of(media.c.post_id, "ids"))
    .order_by(media.c.post_id, media.c.position, media.c.id)
)
DESCRIBE = Statement(
    update(media)
    .where(media.c.id == key)
    .values(description=bindparam("text"), focus_x=bindparam("x"), focus_y=bindparam("y"))
)
ATTACH = Statement(
    update(media).where(media.c.id == key).values(post_id=post_id, position=bindparam("place"))
)
DETACH = Statement(delete(media).where(media.c.post_id == post_id).returning(*_keys))
RELEASE = Statement(
    update(media)
    .where(media.c.id == key)
    .values(
        post_id=None,
        position=0,
        key=bindparam("new_key", type_=Text),
        preview_key=bindparam("new_preview_key", type_=Text),
        created_at=bindparam("now", type_=BigInteger),
    )
)
REMOVE = Statement(
    delete(media)
    .where(media.c.id == key, media.c.account_id == me, media.c.post_id.is_(None))
    .where(~media.c.reserved)
    .returning(*_keys)
)
DROP_OTHERS = Statement(
    delete(media).where(media.c.post_id == post_id, ~any_of(media.c.id, "ids")).returning(*_keys)
)
ABANDONED = Statement(
    delete(media)
    .where(media.c.post_id.is_(None), ~media.c.reserved)
    .where(media.c.created_at < bindparam("before", type_=BigInteger))
    .returning(*_keys)
)
RESERVE = Statement(
    update(media)
    .where(any_of(media.c.id, "ids"), media.c.account_id == me)
    .values(reserved=bindparam("wanted"))
)
HOLD = Statement(
    update(media)
    .where(any_of(media.c.id, "ids"), media.c.account_id == me)
    .where(media.c.post_id.is_(None), ~media.c.reserved)
    .values(reserved=True)
    .returning(media.c.id)
)
OWN_OF = Statement(select(media).where(any_of(media.c.id, "ids"), media.c.account_id == me))
BY_ID = Statement(select(media).where(media.c.id == key))
_SHOWN = {
    "preview_key": bindparam("new_preview_key", type_=Text),
    "preview_width": bindparam("new_preview_width", type_=BigInteger),
    "preview_height": bindparam("new_preview_height", type_=BigInteger),
    "blurhash": bindparam("new_blurhash", type_=Text),
}
FINISH = Statement(
    update(media)
    .where(media.c.id == key)
    .values(
        state="ready",
        source_key=None,
        media_type=bindparam("new_type", type_=Text),
        key=bindparam("new_key", type_=Text),
        size=bindparam("new_size", type_=BigInteger),
        width=bindparam("new_width", type_=BigInteger),
        height=bindparam("new_height", type_=BigInteger),
        duration=bindparam("new_duration", type_=Float),
        details=bindparam("new_details", type_=Text),
        **_SHOWN,
    )
)
FAIL = Statement(
    update(media)
    .where(media.c.id == key)
    .values(state="failed", source_key=None, error=bindparam("why", type_=Text))
)
SHOW_AS = Statement(update(media).where(media.c.id == key).values(**_SHOWN))
