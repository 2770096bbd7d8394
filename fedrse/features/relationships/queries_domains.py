"""SQL of blocked domains and of endorsements."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Table,
    Text,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.queries import limit, newest, oldest, present, who, whom
from fedrse.features.relationships.tables import domain_block, endorsement, follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

domain = bindparam("domain", type_=Text)
_of_domain = or_(account.c.domain == domain_block.c.domain, account.c.host == domain_block.c.domain)

# Domains

ADD_DOMAIN = Statement(insert(domain_block).on_conflict_do_nothing())
REMOVE_DOMAIN = Statement(
    delete(domain_block).where(domain_block.c.account_id == who, domain_block.c.domain == domain)
)
REMOVE_DOMAINS_OF = Statement(delete(domain_block).where(domain_block.c.account_id == who))
IS_BLOCKED = Statement(
    select(domain_block.c.id).where(
        domain_block.c.account_id == who, domain_block.c.domain == domain
    )
)
BLOCKS_DOMAIN_OF = Statement(
    select(account.c.id)
    .join(domain_block, _of_domain)
    .where(domain_block.c.account_id == who, account.c.id == whom)
)
BLOCKING_DOMAINS_OF = Statement(
    select(account.c.id)
    .join(domain_block, _of_domain)
    .where(domain_block.c.account_id == who, any_of(account.c.id, "ids"))
)
# Who has a follow, either way, with somebody who does not want to see their domain.
CONNECTED = Statement(
    select(account.c.id)
    .where(
        or_(account.c.domain == domain, account.c.host == domain),
        or_(
            account.c.id.in_(select(follow.c.account_id).where(follow.c.target_id == who)),
            account.c.id.in_(select(follow.c.target_id).where(follow.c.account_id == who)),
        ),
    )
    .limit(limit)
)


def _count(own: ColumnElement[int], other: ColumnElement[int]) -> ScalarSelect[int]:
    """Follows of somebody, in one direction, that a blocked domain ends."""
    return (
        select(func.count())
        .select_from(follow.join(account, account.c.id == other))
        .where(
            own == who,
            follow.c.accepted,
            or_(account.c.domain == domain, account.c.host == domain),
        )
        .scalar_subquery()
    )


FOLLOWS_WITH = Statement(
    select(
        _count(follow.c.target_id, follow.c.account_id).label("followers"),
        _count(follow.c.account_id, follow.c.target_id).label("following"),
    )
)


def _domains(*, ascending: bool) -> Statement:
    number = domain_block.c.id
    return Statement(
        select(number, domain_block.c.domain)
        .where(domain_block.c.account_id == who, number < newest, number > oldest)
        .order_by(number.asc() if ascending else number.desc())
        .limit(limit)
    )


DOMAINS = {ascending: _domains(ascending=ascending) for ascending in (False, True)}

# Endorsements

_pair = (endorsement.c.account_id == who, endorsement.c.target_id == whom)
ADD_ENDORSEMENT = Statement(insert(endorsement).on_conflict_do_nothing())
REMOVE_ENDORSEMENT = Statement(delete(endorsement).where(*_pair))
REMOVE_ENDORSEMENTS_OF = Statement(
    delete(endorsement).where(or_(endorsement.c.account_id == who, endorsement.c.target_id == who))
)
ENDORSED = Statement(
    select(endorsement.c.target_id).where(
        endorsement.c.account_id == who, any_of(endorsement.c.target_id, "ids")
    )
)


def _endorsements(table: Table, *, ascending: bool) -> Statement:
    number = table.c.id
    return Statement(
        select(number, table.c.target_id.label("account_id"))
        .join(account, account.c.id == table.c.target_id)
        .where(table.c.account_id == who, number < newest, number > oldest, *present)
        .order_by(number.asc() if ascending else number.desc())
        .limit(limit)
    )


ENDORSEMENTS = {up: _endorsements(endorsement, ascending=up) for up in (False, True)}
