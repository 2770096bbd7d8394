"""SQL of copies of files of other sites."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, select, update

from fedrse.features.media.tables import remote_file
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

name = bindparam("name", type_=Text)

BY_HASH = Statement(select(remote_file).where(remote_file.c.url_hash == name))
ADD = Statement(insert(remote_file).on_conflict_do_nothing())
TOUCH = Statement(
    update(remote_file)
    .where(remote_file.c.url_hash == name)
    .values(used_at=bindparam("now", type_=BigInteger))
)
UNUSED = Statement(
    select(remote_file)
    .where(remote_file.c.used_at < bindparam("before", type_=BigInteger))
    .limit(200)
)
REMOVE = Statement(delete(remote_file).where(any_of(remote_file.c.url_hash, "names")))
