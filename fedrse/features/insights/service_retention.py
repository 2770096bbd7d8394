"""Who stays, from when people of this site began and were here last; one statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, bindparam, func, literal_column, select

from fedrse.core.clock import DAY
from fedrse.features.access.service_joins import login
from fedrse.features.insights.model_measures import Span
from fedrse.features.insights.model_retention import (
    NEVER,
    Cohort,
    Frequency,
    Newcomers,
    cohorts,
    end_of,
    starts,
)
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement

_a_day: Any = literal_column(str(DAY), BigInteger)
_joined = (login.c.created_at // _a_day).label("joined")
_last = func.coalesce(login.c.last_active_at // _a_day, literal_column(str(NEVER), BigInteger))
NEWCOMERS = Statement(
    select(_joined, _last.label("last"), func.count().label("people"))
    .where(
        login.c.created_at >= bindparam("since", type_=BigInteger),
        login.c.created_at < bindparam("until", type_=BigInteger),
    )
    .group_by(_joined, _last)
)


async def retention(tx: Transaction, span: Span, frequency: Frequency) -> list[Cohort]:
    """The cohorts of a span. Raises Invalid for too many."""
    periods = starts(span, frequency)
    until = (end_of(periods[-1], frequency) + 1) * DAY
    rows = await tx.all(NEWCOMERS, since=periods[0] * DAY, until=until)
    return cohorts(periods, frequency, [Newcomers(*row) for row in rows])
