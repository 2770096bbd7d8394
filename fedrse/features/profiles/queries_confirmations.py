"""SQL of confirmations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, or_, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.profiles.tables import confirmation
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

whom = bindparam("whom", type_=BigInteger)
who = bindparam("who", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
_skill = bindparam("of_skill", type_=Text)
_PLACE = (confirmation.c.account_id, confirmation.c.by_id, confirmation.c.skill_key)

ADD = Statement(insert(confirmation).on_conflict_do_nothing().returning(confirmation.c.id))
REMOVE = Statement(
    delete(confirmation)
    .where(
        confirmation.c.account_id == whom,
        confirmation.c.by_id == who,
        confirmation.c.skill_key == _skill,
    )
    .returning(confirmation.c.uri, confirmation.c.skill, *_PLACE)
)
# What two people confirm of each other.
REMOVE_BETWEEN = Statement(
    delete(confirmation)
    .where(
        or_(
            (confirmation.c.account_id == whom) & (confirmation.c.by_id == who),
            (confirmation.c.account_id == who) & (confirmation.c.by_id == whom),
        )
    )
    .returning(*_PLACE)
)
BY_URI = Statement(
    select(confirmation.c.id, confirmation.c.by_id).where(
        confirmation.c.uri == bindparam("address")
    )
)
REMOVE_ONE = Statement(
    delete(confirmation).where(confirmation.c.id == bindparam("what")).returning(*_PLACE)
)
REMOVE_OF = Statement(
    delete(confirmation).where(or_(confirmation.c.account_id == whom, confirmation.c.by_id == whom))
)
# Newest first; those who left confirm nothing any more.
OF = Statement(
    select(
        confirmation.c.id,
        confirmation.c.by_id,
        confirmation.c.skill,
        confirmation.c.skill_key,
        confirmation.c.hidden,
        confirmation.c.created_at,
        account.c.username,
        account.c.domain,
    )
    .join(account, account.c.id == confirmation.c.by_id)
    .where(
        confirmation.c.account_id == whom,
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .order_by(confirmation.c.id.desc())
    .limit(limit)
)
HIDE = Statement(
    update(confirmation)
    .where(confirmation.c.id == bindparam("what"), confirmation.c.account_id == whom)
    .values(hidden=bindparam("is_hidden"))
)
BY = Statement(
    select(confirmation.c.skill, confirmation.c.created_at, account.c.username, account.c.domain)
    .join(account, account.c.id == confirmation.c.account_id)
    .where(confirmation.c.by_id == who)
    .order_by(confirmation.c.id)
    .limit(limit)
)
