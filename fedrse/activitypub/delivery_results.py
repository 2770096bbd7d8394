"""What became of deliveries, committed for many hosts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import structlog

from fedrse.activitypub import delivery_queries as queries
from fedrse.activitypub.peers import Scheme
from fedrse.activitypub.schedule import LONGEST_RETRY_AFTER, delay
from fedrse.core.clock import SECOND, Clock
from fedrse.store.database import Database, Row, Transaction

WINDOW: Final = 50
LONGEST_ERROR: Final = 500
log = structlog.get_logger(__name__)

InboxGone = Callable[[Transaction, str], Awaitable[None]]
"""Told that an inbox (URL) answered 410."""


@dataclass(slots=True)
class Claimed:
    """A leased host and the next rows for it. ``failures`` in a row before; ``learned`` meanwhile
    is a way of signing that worked although another was expected.
    """

    host: str
    failures: int
    scheme: str | None
    scheme_at: int | None
    last_error: str
    rows: list[Row]
    learned: Scheme | None = None
    followers_headers: dict[int, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class HostReport:
    """What happened to a window of one host. ``stop``: send no more to it for now.

    ``owner`` is who has leased it: if somebody else has by now, the schedule is theirs.
    """

    host: str
    failures: int
    owner: str | None = None
    delivered: list[int] = field(default_factory=list)
    given_up: list[tuple[int, str]] = field(default_factory=list)
    tried: list[tuple[int, str]] = field(default_factory=list)
    held: list[tuple[int, str]] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)
    learned: Scheme | None = None
    error: str | None = None
    retry_after: int | None = None
    lease_until: int = 0
    stop: bool = False

    def was_delivered(self, delivery_id: int) -> None:
        """The inbox took it."""
        self.delivered.append(delivery_id)
        self.failures = 0

    def gave_up(self, delivery_id: int, why: str) -> None:
        """It will not be tried again."""
        self.given_up.append((delivery_id, why))

    def hold(self, delivery_id: int, policy: str) -> None:
        """It goes into quarantine; ``policy`` is the text of its treatment."""
        self.held.append((delivery_id, policy))

    def was_tried(self, delivery_id: int, why: str) -> None:
        """It failed where others did not."""
        self.tried.append((delivery_id, why))

    def inbox_gone(self, delivery_id: int, inbox: str, why: str) -> None:
        """Nothing that waits for this inbox will be tried again."""
        self.given_up.append((delivery_id, why))
        self.gone[inbox] = why[:LONGEST_ERROR]

    def host_failed(self, why: str, retry_after: int | None) -> None:
        """The host takes nothing now. ``retry_after`` in seconds, as it asked for."""
        if self.error is None:
            self.failures += 1
        self.error = why
        self.retry_after = retry_after if self.retry_after is None else self.retry_after
        self.stop = True


class Reports:
    """Commits reports; those that come in during a transaction go into the next together."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        random: Random,
        inbox_gone: InboxGone | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random
        self._inbox_gone = inbox_gone
        self._waiting: list[tuple[HostReport, asyncio.Future[Claimed | None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def submit(self, report: HostReport) -> Claimed | None:
        """Commits a report. Returns the next window of the host, None if its lease is over."""
        future: asyncio.Future[Claimed | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((report, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def claimed(self, tx: Transaction, row: Any) -> Claimed:
        """The first window of a host that was leased in this transaction."""
        rows = await tx.all(queries.WINDOW, host=row.host, most=WINDOW)
        return Claimed(row.host, row.failures, row.scheme, row.scheme_at, row.last_error, rows)

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                # Always in this order, so that processes do not lock each other out.
                batch.sort(key=lambda item: item[0].host)
                try:
                    claimed = await self._database.write(self._write, [item[0] for item in batch])
                except Exception as error:  # noqa: BLE001  (told to everybody who waits)
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), host in zip(batch, claimed, strict=True):
                    if not future.done():
                        future.set_result(host)
        finally:
            self._flushing = None

    async def _write(self, tx: Transaction, reports: list[HostReport]) -> list[Claimed | None]:
        now = self._clock.now()
        delivered = [identifier for report in reports for identifier in report.delivered]
        if delivered:
            await tx.run(queries.DELIVERED, ids=delivered)
        given_up = [
            {"delivery_id": identifier, "now": now, "message": why[:LONGEST_ERROR]}
            for report in reports
            for identifier, why in report.given_up
        ]
        if given_up:
            await tx.many(queries.GAVE_UP, given_up)
        tried = [
            {"delivery_id": identifier, "message": why[:LONGEST_ERROR]}
            for report in reports
            for identifier, why in report.tried
        ]
        if tried:
            await tx.many(queries.TRIED, tried)
        held = [
            {"delivery_id": identifier, "policy": policy, "now": now}
            for report in reports
            for identifier, policy in report.held
        ]
        if held:
            await tx.many(queries.HOLD_DELIVERY, held)
            await tx.run(queries.DELIVERED, ids=[row["delivery_id"] for row in held])
        return [await self._host(tx, report, now) for report in reports]

    async def _host(self, tx: Transaction, report: HostReport, now: int) -> Claimed | None:
        # Locked before looking what waits: whoever adds deliveries meanwhile waits for us, or we
        # see what they added.
        row = await tx.one(queries.LOCK, host=report.host)
        if row is None:
            return None
        if report.owner is not None and row.lease_owner != report.owner:
            log.warning("host_taken_over", host=report.host, by=row.lease_owner)
            return None
        await self._note(tx, report, now)
        rows = await tx.all(queries.WINDOW, host=report.host, most=WINDOW)
        if rows and not report.stop:
            await tx.run(queries.EXTEND, of_host=report.host, until=report.lease_until)
            scheme = report.learned or row.scheme
            at = now if report.learned else row.scheme_at
            return Claimed(report.host, report.failures, scheme, at, row.last_error, rows)
        due = None if not rows else now + self._pause(report)
        await tx.run(queries.RELEASE, of_host=report.host, due=due)
        return None

    async def _note(self, tx: Transaction, report: HostReport, now: int) -> None:
        host = report.host
        for inbox, why in report.gone.items():
            log.info("inbox_gone", inbox=inbox)
            await tx.run(queries.INBOX_GONE, host=host, inbox_url=inbox, now=now, message=why)
            if self._inbox_gone is not None:
                await self._inbox_gone(tx, inbox)
        if report.learned is not None:
            await tx.run(queries.LEARNED_SCHEME, of_host=host, scheme=report.learned.value, now=now)
        if report.delivered:
            await tx.run(queries.SUCCEEDED, of_host=host, now=now)
        if report.error is not None:
            log.info("host_failed", host=host, failures=report.failures, error=report.error)
            await tx.run(
                queries.FAILED,
                of_host=host,
                now=now,
                failures=report.failures,
                message=report.error[:LONGEST_ERROR],
            )

    def _pause(self, report: HostReport) -> int:
        """Milliseconds until the host is due again."""
        if report.error is None:
            return 0  # only interrupted
        pause = delay(report.failures, self._random)
        if report.retry_after is not None:
            asked = min(report.retry_after * SECOND, LONGEST_RETRY_AFTER)
            pause = max(asked, SECOND)
        return pause
