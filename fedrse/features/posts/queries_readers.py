"""SQL of who will read a post: people by site."""

from __future__ import annotations

from sqlalchemy import func, select

from fedrse.features.accounts.service_joins import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_present = (
    account.c.kind == "Person",
    account.c.deleted_at.is_(None),
    account.c.suspended_at.is_(None),
    account.c.moved_to.is_(None),
)
PEOPLE = Statement(
    select(account.c.host, func.count().label("people"))
    .where(any_of(account.c.host, "hosts"), *_present)
    .group_by(account.c.host)
)
PEOPLE_HERE = Statement(
    select(func.count().label("people")).where(account.c.local.is_(True), *_present)
)
