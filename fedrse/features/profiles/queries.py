"""SQL of profiles."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, select

from fedrse.features.profiles.tables import profile, profile_copy
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)

OWN = Statement(select(profile.c.card, profile.c.visibility).where(profile.c.account_id == key))
_own = insert(profile)
PUT = Statement(
    _own.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: _own.excluded[name] for name in ("card", "visibility", "updated_at")},
    )
)
REMOVE = Statement(delete(profile).where(profile.c.account_id == key))

COPY = Statement(
    select(profile_copy.c.card, profile_copy.c.fetched_at).where(profile_copy.c.account_id == key)
)
_copy = insert(profile_copy)
PUT_COPY = Statement(
    _copy.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: _copy.excluded[name] for name in ("card", "fetched_at")},
    )
)
REMOVE_COPY = Statement(delete(profile_copy).where(profile_copy.c.account_id == key))
REMOVE_OLD_COPIES = Statement(
    delete(profile_copy).where(profile_copy.c.fetched_at < bindparam("before", type_=BigInteger))
)
