"""SQL of drafts, and of how somebody likes to write."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select

from fedrse.features.posts.tables import post_draft, writing_choice
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
draft = bindparam("draft", type_=BigInteger)
_mine = post_draft.c.account_id == me

_added = insert(post_draft)
PUT = Statement(
    _added.on_conflict_do_update(
        index_elements=["account_id", "key"],
        set_={
            name: _added.excluded[name]
            for name in ("context", "form", "held", "kept", "updated_at")
        },
    )
)
OWN = Statement(select(post_draft).where(post_draft.c.id == draft, _mine))
BY_KEY = Statement(
    select(post_draft).where(_mine, post_draft.c.key == bindparam("request_key", type_=Text))
)
LEFT = Statement(
    select(post_draft)
    .where(_mine, ~post_draft.c.kept)
    .where(post_draft.c.context == bindparam("of_context", type_=Text))
    .where(post_draft.c.updated_at > bindparam("since", type_=BigInteger))
    .order_by(post_draft.c.updated_at.desc())
    .limit(1)
)
LISTING = Statement(
    select(post_draft).where(_mine).order_by(post_draft.c.updated_at.desc(), post_draft.c.id.desc())
)
OLDEST_UNASKED = Statement(
    select(post_draft).where(_mine, ~post_draft.c.kept).order_by(post_draft.c.updated_at).limit(1)
)
COUNT = Statement(select(func.count()).select_from(post_draft).where(_mine))
REMOVE = Statement(delete(post_draft).where(post_draft.c.id == draft, _mine))

CHOICE = Statement(select(writing_choice.c.undo_send).where(writing_choice.c.account_id == me))
_chosen = insert(writing_choice)
SET_CHOICE = Statement(
    _chosen.on_conflict_do_update(
        index_elements=["account_id"],
        set_={"undo_send": _chosen.excluded.undo_send},
    )
)
