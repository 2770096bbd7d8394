"""SQL of what sites call themselves."""

from __future__ import annotations

from sqlalchemy import select

from fedrse.features.accounts.tables import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

NAMES = Statement(
    select(account.c.host, account.c.display_name).where(
        any_of(account.c.host, "hosts"),
        account.c.kind == "Application",
        account.c.display_name != "",
    )
)
