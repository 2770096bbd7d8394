"""Reports of the year: made when their person asks, for nobody else."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import first_of
from fedrse.features.insights import queries_annual as queries
from fedrse.features.insights.model_annual import (
    MOST_TAGS,
    Written,
    bounds,
    report,
    year_to_tell,
)
from fedrse.store.database import Transaction

MOST_WRITTEN = 50_000


class AnnualReport(Struct, frozen=True):
    """A row of ``annual_report``."""

    account_id: int
    year: int
    data: str
    created_at: int
    read_at: int | None

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.data)
        return content


class AnnualReports:
    """The only writer of ``annual_report``."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def state(self, tx: Transaction, viewer: int, year: int) -> str:
        """``available``, ``eligible`` or ``ineligible``; none is ever being made for long."""
        if await tx.one(queries.ONE, me=viewer, of_year=year) is not None:
            return "available"
        return "eligible" if await self._written(tx, viewer, year, limit=1) else "ineligible"

    async def generate(self, tx: Transaction, viewer: int, year: int) -> None:
        """Makes the report of a year, once. Raises NotFound for a year that is not over."""
        written = await self._written(tx, viewer, year, limit=MOST_WRITTEN)
        if not written:
            raise NotFound
        first, end = bounds(year)
        followed = await tx.all(queries.FOLLOWED, me=viewer, first_at=first, end_at=end)
        tags = await tx.all(
            queries.TAGS, me=viewer, first=first_of(first), end=first_of(end), limit=MOST_TAGS
        )
        data = report(
            written, [row.created_at for row in followed], [(row[0], row.uses) for row in tags]
        )
        await tx.run(
            queries.ADD,
            account_id=viewer,
            year=year,
            data=json.dumps(data),
            created_at=self._clock.now(),
            read_at=None,
        )

    async def _written(
        self, tx: Transaction, viewer: int, year: int, *, limit: int
    ) -> list[Written]:
        """What somebody wrote in a year that can be told about."""
        if not 2000 <= year <= year_to_tell(self._clock.now()):
            return []
        first, end = bounds(year)
        rows = await tx.all(
            queries.WRITTEN, me=viewer, first=first_of(first), end=first_of(end), limit=limit
        )
        return [Written(*row) for row in rows]

    async def one(self, tx: Transaction, viewer: int, year: int) -> AnnualReport:
        """A report of the viewer. Raises NotFound."""
        row = await tx.one(queries.ONE, me=viewer, of_year=year)
        if row is None:
            raise NotFound
        return AnnualReport(*row)

    async def unread(self, tx: Transaction, viewer: int) -> list[AnnualReport]:
        """Reports that the viewer has not read yet, newest first."""
        return [AnnualReport(*row) for row in await tx.all(queries.UNREAD, me=viewer)]

    async def mark_read(self, tx: Transaction, viewer: int, year: int) -> None:
        """The viewer has read it. Raises NotFound."""
        if not await tx.run(queries.MARK_READ, me=viewer, of_year=year, now=self._clock.now()):
            raise NotFound
