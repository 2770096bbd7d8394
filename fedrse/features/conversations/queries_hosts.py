"""SQL of conversations by the sites of those who take part."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, cast, func, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.conversations.tables import conversation
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement


def _with_hosts(people: Any) -> Statement:
    """How many conversations have somebody of these hosts; ``people``: the ids in each."""
    there = select(account.c.id).where(any_of(account.c.host, "hosts"))
    has_one = select(people.c.value).where(cast(people.c.value, BigInteger).in_(there)).exists()
    return Statement(select(func.count()).select_from(conversation).where(has_one))


_ids = conversation.c.participants
COUNT_WITH_HOSTS = {
    "sqlite": _with_hosts(func.json_each(_ids).table_valued("value")),
    "postgresql": _with_hosts(
        func.json_array_elements_text(cast(_ids, JSON)).table_valued("value")
    ),
}
"""By dialect."""
