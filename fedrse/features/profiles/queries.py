"""SQL of profiles."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, delete, func, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.profiles.tables import profile, profile_copy
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)

_IS_COLLEAGUE = and_(
    account.c.local,
    account.c.kind == "Person",
    account.c.suspended_at.is_(None),
    account.c.deleted_at.is_(None),
    account.c.moved_to.is_(None),
)

OWN = Statement(select(profile.c.card, profile.c.visibility).where(profile.c.account_id == key))
UNIT_KEY = Statement(select(profile.c.unit_key).where(profile.c.account_id == key))
IN_UNITS = Statement(
    select(profile.c.account_id, profile.c.unit_key).where(any_of(profile.c.unit_key, "keys"))
)
_unit_key = func.coalesce(profile.c.unit_key, "")
COUNT_UNITS = Statement(
    select(_unit_key.label("unit_key"), func.count().label("people"))
    .select_from(account.outerjoin(profile, profile.c.account_id == account.c.id))
    .where(_IS_COLLEAGUE)
    .group_by(_unit_key)
)
# Everybody of this site, with what they said; those who left are no colleagues.
COLLEAGUES = Statement(
    select(
        account.c.id,
        account.c.username,
        account.c.display_name,
        account.c.domain,
        profile.c.card,
        profile.c.visibility,
    )
    .select_from(account.outerjoin(profile, profile.c.account_id == account.c.id))
    .where(_IS_COLLEAGUE)
    .order_by(account.c.search_key, account.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
_own = insert(profile)
PUT = Statement(
    _own.on_conflict_do_update(
        index_elements=["account_id"],
        set_={
            name: _own.excluded[name] for name in ("card", "visibility", "updated_at", "unit_key")
        },
    )
)
REMOVE = Statement(delete(profile).where(profile.c.account_id == key))

COPY = Statement(
    select(profile_copy.c.card, profile_copy.c.confirmations, profile_copy.c.fetched_at).where(
        profile_copy.c.account_id == key
    )
)
_copy = insert(profile_copy)
PUT_COPY = Statement(
    _copy.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: _copy.excluded[name] for name in ("card", "confirmations", "fetched_at")},
    )
)
# People of other sites whose card is known here.
COPIES = Statement(
    select(
        account.c.id,
        account.c.uri,
        account.c.username,
        account.c.display_name,
        account.c.domain,
        profile_copy.c.card,
    )
    .join(account, account.c.id == profile_copy.c.account_id)
    .where(
        profile_copy.c.fetched_at > bindparam("since", type_=BigInteger),
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
        account.c.moved_to.is_(None),
    )
    .order_by(account.c.search_key, account.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
# What people of any site said, and what their sites told.
CARDS = Statement(
    select(
        account.c.id,
        account.c.local,
        account.c.host,
        profile.c.card,
        profile.c.visibility,
        profile_copy.c.card.label("copied"),
        profile_copy.c.fetched_at,
    )
    .select_from(
        account.outerjoin(profile, profile.c.account_id == account.c.id).outerjoin(
            profile_copy, profile_copy.c.account_id == account.c.id
        )
    )
    .where(
        any_of(account.c.id, "ids"),
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
)
REMOVE_COPY = Statement(delete(profile_copy).where(profile_copy.c.account_id == key))
REMOVE_OLD_COPIES = Statement(
    delete(profile_copy).where(profile_copy.c.fetched_at < bindparam("before", type_=BigInteger))
)
