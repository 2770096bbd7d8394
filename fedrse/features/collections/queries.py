"""SQL of collections."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, delete, exists, func, or_, select, update

from fedrse.features.collections.tables import collection, collection_item
from fedrse.features.relationships.service_joins import block
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)
me = bindparam("me", type_=BigInteger)
owner = bindparam("owner", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
offset = bindparam("offset", type_=BigInteger)

ADD = Statement(insert(collection))
BY_ID = Statement(select(collection).where(collection.c.id == key))
OF_ACCOUNT = Statement(
    select(collection)
    .where(
        collection.c.account_id == owner,
        or_(collection.c.discoverable, collection.c.account_id == me),
    )
    .order_by(collection.c.id.desc())
    .limit(limit)
    .offset(offset)
)
COUNT = Statement(
    select(func.count()).select_from(collection).where(collection.c.account_id == owner)
)
WITH_ACCOUNT = Statement(
    select(collection)
    .select_from(collection_item)
    .join(collection, collection.c.id == collection_item.c.collection_id)
    .where(
        collection_item.c.account_id == owner,
        or_(
            collection.c.discoverable,
            collection.c.account_id == me,
            collection_item.c.account_id == me,
        ),
    )
    .order_by(collection.c.id.desc())
    .limit(limit)
    .offset(offset)
)
CHANGE = Statement(
    update(collection)
    .where(collection.c.id == key)
    .values(
        name=bindparam("new_name"),
        description=bindparam("new_description"),
        language=bindparam("new_language"),
        tag=bindparam("new_tag"),
        sensitive=bindparam("new_sensitive"),
        discoverable=bindparam("new_discoverable"),
        updated_at=bindparam("now", type_=BigInteger),
    )
)
TOUCH = Statement(
    update(collection)
    .where(collection.c.id == key)
    .values(updated_at=bindparam("now", type_=BigInteger))
)
REMOVE = Statement(delete(collection).where(collection.c.id == key))
ADD_ITEM = Statement(
    insert(collection_item).on_conflict_do_nothing().returning(collection_item.c.id)
)
ITEM_OF = Statement(
    select(collection_item).where(
        collection_item.c.collection_id == key, collection_item.c.account_id == owner
    )
)
# Nobody is shown who blocks the reader or is blocked by them.
ITEMS = Statement(
    select(collection_item)
    .where(
        any_of(collection_item.c.collection_id, "ids"),
        ~exists(
            select(1).where(
                or_(
                    and_(
                        block.c.account_id == me, block.c.target_id == collection_item.c.account_id
                    ),
                    and_(
                        block.c.target_id == me, block.c.account_id == collection_item.c.account_id
                    ),
                )
            )
        ),
    )
    .order_by(collection_item.c.id)
)
COUNT_ITEMS = Statement(
    select(func.count()).select_from(collection_item).where(collection_item.c.collection_id == key)
)
BLOCKS = Statement(
    select(block.c.account_id).where(
        or_(
            and_(block.c.account_id == me, block.c.target_id == owner),
            and_(block.c.account_id == owner, block.c.target_id == me),
        )
    )
)
REMOVE_ITEM = Statement(
    delete(collection_item)
    .where(
        collection_item.c.id == key,
        collection_item.c.collection_id == bindparam("of", type_=BigInteger),
    )
    .returning(collection_item.c.account_id)
)
REVOKE_ITEM = Statement(
    delete(collection_item).where(
        collection_item.c.id == key,
        collection_item.c.collection_id == bindparam("of", type_=BigInteger),
        collection_item.c.account_id == me,
    )
)
