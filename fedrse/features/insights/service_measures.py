"""Measures of the site by day: real numbers, each from one or two statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from fedrse.features.insights import queries_measures as queries
from fedrse.features.insights.model_measures import (
    Measure,
    Measured,
    Span,
    different,
    summed,
    visitors,
)
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement

Measuring = Callable[[Transaction, Span, Any], Awaitable[Measured]]
"""Of what depends on the measure: nothing, the id of a tag, or the domain of another site."""
TagMeasure = Callable[[Span, Sequence[Any]], Measured]


async def measured(tx: Transaction, measure: Measure, span: Span, of: int | str = "") -> Measured:
    """One measure; ``of`` is the id of a tag or the domain of a site, where it is about one."""
    return await _MEASURES[measure](tx, span, of)


def _added(*statements: Statement) -> Measuring:
    """What is counted by ids and adds up."""

    async def measuring(tx: Transaction, span: Span, _of: object) -> Measured:
        found: Counter[int] = Counter()
        for statement in statements:
            found.update(_days(await tx.all(statement, **_bounds(span))))
        return summed(span, found)

    return measuring


def _timed(statement: Statement) -> Measuring:
    """What is counted by times and adds up."""

    async def measuring(tx: Transaction, span: Span, _of: object) -> Measured:
        return summed(span, _days(await tx.all(statement, **span.times)))

    return measuring


def _there(statement: Statement) -> Measuring:
    """What is counted of another site and adds up."""

    async def measuring(tx: Transaction, span: Span, domain: object) -> Measured:
        rows = await tx.all(statement, **_bounds(span), of_domain=domain)
        return summed(span, _days(rows))

    return measuring


def _of_tag(what: TagMeasure) -> Measuring:
    """What is counted of a tag."""

    async def measuring(tx: Transaction, span: Span, tag: object) -> Measured:
        read = tx.known.setdefault("post_tag", {})  # for all measures of a request at once
        rows = read.get((tag, span))
        if rows is None:
            rows = read[tag, span] = await tx.all(queries.TAG_USES, **_bounds(span), of_tag=tag)
        return what(span, rows)

    return measuring


def _uses(span: Span, rows: Sequence[Any]) -> Measured:
    found: Counter[int] = Counter()
    for row in rows:
        found[int(row.day)] += int(row.uses)
    return summed(span, found)


def _people(span: Span, rows: Sequence[Any]) -> Measured:
    return different(span, ((int(row.day), row.account_id) for row in rows))


def _servers(span: Span, rows: Sequence[Any]) -> Measured:
    return different(span, ((int(row.day), row.server) for row in rows if row.server))


async def _active(tx: Transaction, span: Span, _of: object) -> Measured:
    rows = await tx.all(queries.VISITS, first=span.before.first, last=span.last)
    return visitors(span, [(row.day, row.before, row.people) for row in rows])


async def _files_there(tx: Transaction, span: Span, domain: object) -> Measured:
    """Bytes of the copies that this site has, by the day on which it heard of the files."""
    files = [
        (int(row.day), sha256(row.remote_url.encode()).hexdigest())
        for row in await tx.all(queries.FILES_THERE, **_bounds(span), of_domain=domain)
    ]
    hashes = sorted({hashed for _, hashed in files})
    sizes = {row.url_hash: row.size for row in await tx.all(queries.SIZES, hashes=hashes)}
    found: Counter[int] = Counter()
    counted: set[str] = set()
    for day, hashed in files:
        if hashed not in counted:
            counted.add(hashed)
            found[day] += sizes.get(hashed, 0)
    return summed(span, found)


def _bounds(span: Span) -> dict[str, int]:
    ids = span.ids
    return {"since_id": ids["since_id"], "until_id": ids["until_id"]}


def _days(rows: list[Any]) -> Mapping[int, int]:
    return {int(row.day): int(row.value) for row in rows}


_MEASURES: Final[Mapping[Measure, Measuring]] = {
    Measure.ACTIVE_USERS: _active,
    Measure.NEW_USERS: _timed(queries.NEWCOMERS),
    Measure.INTERACTIONS: _added(queries.REACTIONS, queries.ANSWERS),
    Measure.OPENED_REPORTS: _added(queries.OPENED),
    Measure.RESOLVED_REPORTS: _timed(queries.CLOSED),
    Measure.TAG_ACCOUNTS: _of_tag(_people),
    Measure.TAG_USES: _of_tag(_uses),
    Measure.TAG_SERVERS: _of_tag(_servers),
    Measure.INSTANCE_ACCOUNTS: _there(queries.ACCOUNTS_THERE),
    Measure.INSTANCE_MEDIA_ATTACHMENTS: _files_there,
    Measure.INSTANCE_REPORTS: _there(queries.REPORTS_THERE),
    Measure.INSTANCE_STATUSES: _there(queries.STATUSES_THERE),
    Measure.INSTANCE_FOLLOWS: _there(queries.FOLLOWED_THERE),
    Measure.INSTANCE_FOLLOWERS: _there(queries.FOLLOWING_FROM_THERE),
}
