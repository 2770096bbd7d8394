"""SQL of archives that are brought in."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, select, update

from fedrse.features.migration.tables import archive_import, imported_post
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
key = bindparam("key", type_=BigInteger)
before = bindparam("before", type_=BigInteger)
_columns = (
    *("state", "updated_at", "contents", "choices", "place"),
    *("seen", "waiting", "added", "skipped"),
)

OF_PERSON = Statement(select(archive_import).where(archive_import.c.account_id == me))
BY_ID = Statement(select(archive_import).where(archive_import.c.id == key))
ADD = Statement(insert(archive_import))
SAVE = Statement(
    update(archive_import)
    .where(archive_import.c.id == key)
    .values({name: bindparam(f"new_{name}") for name in _columns})
)
REMOVE = Statement(delete(archive_import).where(archive_import.c.account_id == me))
OLD = Statement(
    select(archive_import).where(
        archive_import.c.updated_at < before, archive_import.c.state.in_(("offered", "running"))
    )
)

# What came with them
KNOWN = Statement(
    select(imported_post.c.origin, imported_post.c.post_id).where(
        imported_post.c.account_id == me, any_of(imported_post.c.origin, "origins")
    )
)
OWN_WITH_ADDRESS = Statement(
    select(post.c.uri, post.c.id).where(post.c.account_id == me, any_of(post.c.uri, "origins"))
)
NOTE = Statement(insert(imported_post))
