"""SQL of custom emoji."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from fedrse.features.emoji.tables import emoji
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_by_name = emoji.c.shortcode == bindparam("name")

BY_NAME = Statement(select(emoji).where(_by_name))
_added = insert(emoji)
PUT = Statement(
    _added.on_conflict_do_update(
        index_elements=["shortcode"],
        set_={
            name: getattr(_added.excluded, name)
            for name in ("key", "category", "visible", "updated_at")
        },
    )
)
NAMED = Statement(
    select(emoji).where(any_of(emoji.c.shortcode, "names")).order_by(emoji.c.shortcode)
)
LISTING = Statement(select(emoji).order_by(emoji.c.category, emoji.c.shortcode))
REMOVE = Statement(delete(emoji).where(_by_name).returning(emoji.c.key))
