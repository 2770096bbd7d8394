"""SQL of collections."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from fedrse.features.collections.model import ACCEPTED, UNVERIFIED
from fedrse.features.collections.tables import (
    collection,
    collection_fetch,
    collection_item,
    post_collection,
)
from fedrse.features.posts.service_joins import post
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
ADD_FETCHED = Statement(insert(collection).on_conflict_do_nothing())
"""Two jobs may fetch the same collection of another site at once."""
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
        collection_item.c.state == ACCEPTED,
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
_SAID: Final[dict[str, BindParameter[str]]] = {
    name: bindparam(f"new_{name}")
    for name in ("name", "description", "language", "tag", "sensitive", "discoverable")
}
"""What a collection says of itself."""

CHANGE = Statement(
    update(collection)
    .where(collection.c.id == key)
    .values(
        **_SAID,
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
ITEM = Statement(
    select(collection_item).where(
        collection_item.c.id == key,
        collection_item.c.collection_id == bindparam("of", type_=BigInteger),
    )
)
REMOVE_ITEM = Statement(delete(collection_item).where(collection_item.c.id == key))
ALL_OF_ACCOUNT = Statement(select(collection.c.id).where(collection.c.account_id == owner))
ALL_WITH_ACCOUNT = Statement(
    select(collection_item.c.id, collection_item.c.collection_id).where(
        collection_item.c.account_id == owner
    )
)
ACCEPTED_ITEMS = Statement(
    select(collection_item)
    .where(
        collection_item.c.collection_id == key,
        collection_item.c.state == ACCEPTED,
        collection_item.c.account_id.is_not(None),
    )
    .order_by(collection_item.c.id)
)

# Those of other sites

uri = bindparam("address", type_=Text)

BY_URI = Statement(select(collection).where(collection.c.uri == uri))
ITEM_BY_ID = Statement(select(collection_item).where(collection_item.c.id == key))
ITEM_BY_URI = Statement(
    select(collection_item)
    .where(collection_item.c.collection_id == key)
    .where(collection_item.c.uri == uri)
)
ITEM_BY_STAMP = Statement(select(collection_item).where(collection_item.c.stamp == uri))
ALL_ITEMS = Statement(select(collection_item).where(collection_item.c.collection_id == key))
UNVERIFIED_ITEMS = Statement(
    select(collection_item)
    .where(collection_item.c.collection_id == key, collection_item.c.state == UNVERIFIED)
    .order_by(collection_item.c.id)
)
SET_COPY = Statement(
    update(collection)
    .where(collection.c.id == key)
    .values(
        **_SAID,
        url=bindparam("new_url"),
        updated_at=bindparam("now", type_=BigInteger),
    )
)
SET_ITEM = Statement(
    update(collection_item)
    .where(collection_item.c.id == key)
    .values(
        account_id=bindparam("new_account", type_=BigInteger),
        state=bindparam("new_state"),
        uri=bindparam("new_uri"),
        stamp=bindparam("new_stamp"),
    )
)
FETCHED_AT = Statement(
    select(collection_fetch.c.fetched_at).where(collection_fetch.c.account_id == owner)
)
_fetch = insert(collection_fetch)
SET_FETCHED = Statement(
    _fetch.on_conflict_do_update(
        index_elements=["account_id"], set_={"fetched_at": _fetch.excluded.fetched_at}
    )
)

# Posts that link to one

POST = Statement(select(post.c.content, post.c.boost_of_id).where(post.c.id == key))
SHOWING = Statement(
    select(post_collection.c.post_id).where(post_collection.c.collection_id == key).limit(200)
)
BY_ADDRESSES = Statement(
    select(collection.c.id, collection.c.uri, collection.c.url).where(
        or_(any_of(collection.c.url, "addresses"), any_of(collection.c.uri, "addresses"))
    )
)
OWN_BY_IDS = Statement(
    select(collection.c.id).where(any_of(collection.c.id, "ids"), collection.c.uri.is_(None))
)
SHOW = Statement(insert(post_collection).on_conflict_do_nothing())
HIDE_ALL = Statement(delete(post_collection).where(post_collection.c.post_id == key))
OF_POSTS = Statement(
    select(post_collection.c.post_id, *collection.c)
    .select_from(post_collection)
    .join(collection, collection.c.id == post_collection.c.collection_id)
    .where(any_of(post_collection.c.post_id, "ids"))
    .order_by(post_collection.c.post_id, collection.c.id)
)
