"""SQL of push subscriptions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select, update

from fedrse.features.push.tables import push_subscription, vapid_key
from fedrse.features.relationships.service_joins import follow
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

credential = bindparam("which", type_=Text)
key = bindparam("key", type_=BigInteger)

NEXT_ID = Statement(select(func.coalesce(func.max(push_subscription.c.id), 0) + 1))
ADD = Statement(insert(push_subscription))
BY_CREDENTIAL = Statement(
    select(push_subscription).where(push_subscription.c.credential == credential)
)
BY_ID = Statement(select(push_subscription).where(push_subscription.c.id == key))
OF_ACCOUNT = Statement(
    select(push_subscription.c.id, push_subscription.c.alerts).where(
        push_subscription.c.account_id == key
    )
)
SET_DATA = Statement(
    update(push_subscription)
    .where(push_subscription.c.credential == credential)
    .values(alerts=bindparam("new_alerts"), policy=bindparam("new_policy"))
)
REMOVE = Statement(delete(push_subscription).where(push_subscription.c.credential == credential))
REMOVE_ID = Statement(delete(push_subscription).where(push_subscription.c.id == key))

VAPID = Statement(select(vapid_key.c.sealed))
ADD_VAPID = Statement(insert(vapid_key).on_conflict_do_nothing())

FOLLOWS = Statement(
    select(follow.c.id).where(
        follow.c.account_id == bindparam("who", type_=BigInteger),
        follow.c.target_id == bindparam("whom", type_=BigInteger),
        follow.c.accepted,
    )
)
