"""SQL of blocks of those who sign up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Table, Text, bindparam, delete, func, insert, select, update

from fedrse.features.access.tables_blocks import (
    canonical_email_block,
    email_domain_attempt,
    email_domain_block,
    ip_block,
)
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert as upsert

_key = bindparam("key", type_=BigInteger)


class Of:
    """The statements on one table of blocks."""

    def __init__(self, table: Table) -> None:
        self.add = Statement(insert(table))
        self.by_id = Statement(select(table).where(table.c.id == _key))
        self.remove = Statement(delete(table).where(table.c.id == _key))
        self.page = {upwards: _page(table, ascending=upwards) for upwards in (False, True)}


def _page(table: Table, *, ascending: bool) -> Statement:
    found: Any = select(table).where(
        table.c.id < bindparam("max_id", type_=BigInteger),
        table.c.id > bindparam("since_id", type_=BigInteger),
    )
    order = table.c.id.asc() if ascending else table.c.id.desc()
    return Statement(found.order_by(order).limit(bindparam("limit", type_=BigInteger)))


DOMAINS = Of(email_domain_block)
EMAILS = Of(canonical_email_block)
IPS = Of(ip_block)
MATCHING_DOMAINS = Statement(
    select(email_domain_block).where(any_of(email_domain_block.c.domain, "domains"))
)
_attempt = email_domain_attempt.c
_since = bindparam("since", type_=BigInteger)
COUNT_ADDRESSES = Statement(
    select(func.count()).where(
        _attempt.block_id == _key, _attempt.day == bindparam("of_day", type_=BigInteger)
    )
)
_try = upsert(email_domain_attempt)
ADD_ATTEMPT = Statement(
    _try.on_conflict_do_update(
        index_elements=["block_id", "day", "address"],
        set_={"uses": _attempt.uses + _try.excluded.uses},
    )
)
ATTEMPTS = Statement(
    select(
        _attempt.block_id,
        _attempt.day,
        func.sum(_attempt.uses).label("uses"),
        func.count().label("addresses"),
    )
    .where(any_of(_attempt.block_id, "ids"), _attempt.day >= _since)
    .group_by(_attempt.block_id, _attempt.day)
)
FORGET_ATTEMPTS = Statement(delete(email_domain_attempt).where(_attempt.day < _since))
BY_HASH = Statement(
    select(canonical_email_block).where(
        canonical_email_block.c.canonical_email_hash == bindparam("hash", type_=Text)
    )
)
ALL_IPS = Statement(select(ip_block).order_by(ip_block.c.id))
CHANGE_IP = Statement(
    update(ip_block)
    .where(ip_block.c.id == _key)
    .values(
        ip=bindparam("new_ip", type_=Text),
        severity=bindparam("new_severity", type_=Text),
        comment=bindparam("new_comment", type_=Text),
        expires_at=bindparam("new_end", type_=BigInteger),
    )
)
