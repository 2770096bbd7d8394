"""SQL of actor keys."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, or_, select, update

from fedrse.features.accounts.tables import account, actor_key
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_of_account = actor_key.c.account_id == bindparam("key_of", type_=BigInteger)
_valid_since = bindparam("valid_since", type_=BigInteger)

BY_ID = Statement(
    select(actor_key, account.c.uri, account.c.local, account.c.deleted_at)
    .join(account, account.c.id == actor_key.c.account_id)
    .where(
        actor_key.c.id == bindparam("key_id"),
        or_(actor_key.c.retired_at.is_(None), actor_key.c.retired_at > _valid_since),
    )
)
# The newest first: what is retired stands behind.
OF_ACCOUNT = Statement(
    select(actor_key)
    .where(_of_account)
    .order_by(actor_key.c.retired_at.is_not(None), actor_key.c.created_at.desc(), actor_key.c.id)
)
ADD = Statement(insert(actor_key))
ADD_NEW = Statement(insert(actor_key).on_conflict_do_nothing())
CHANGE = Statement(
    update(actor_key)
    .where(actor_key.c.id == bindparam("key_id"), _of_account)
    .values(
        algorithm=bindparam("algorithm"),
        public=bindparam("public"),
        fetched_at=bindparam("fetched_at"),
    )
)
CONFIRM = Statement(update(actor_key).where(_of_account).values(fetched_at=bindparam("fetched_at")))
RETIRE = Statement(
    update(actor_key)
    .where(_of_account, actor_key.c.retired_at.is_(None))
    .values(retired_at=bindparam("retired_at"))
)
REMOVE = Statement(delete(actor_key).where(any_of(actor_key.c.id, "key_ids")))
REMOVE_OF_ACCOUNT = Statement(delete(actor_key).where(_of_account))
REMOVE_RETIRED = Statement(
    delete(actor_key).where(
        actor_key.c.retired_at.is_not(None), actor_key.c.retired_at <= _valid_since
    )
)
