"""How other sites do: how fast they answer, when their certificates end, how much comes and goes.

Everything is counted in memory and written once a minute, beside the work it is about. A process
that is killed loses the last minute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog

from fedrse.core.clock import DAY, HOUR, Clock
from fedrse.features.instance.service import Facts
from fedrse.features.sites import queries
from fedrse.features.sites.model_chart import Hour
from fedrse.features.sites.model_handshakes import FACT, Handshakes, recent
from fedrse.jobs.repeating import Repeating
from fedrse.store.database import Database, Row, Transaction

PAUSE: Final = 60.0  # seconds
KEPT: Final = 30 * DAY
MOST_HOSTS: Final = 10_000
WEIGHT: Final = 0.2  # of the newest answer in the running mean
Rows = Mapping[str, object]
log = structlog.get_logger(__name__)


class Measures:
    """Implements ``net.delivery.Observer``; the only writer of ``site_hour``."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._latency: dict[str, float] = {}
        self._answered: set[str] = set()
        self._certificates: dict[str, int] = {}
        self._client_certificates: dict[str, int] = {}
        self._refused: list[tuple[int, str]] = []  # when, and why
        self._facts = Facts()
        self._traffic: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
        self._writing = Repeating(self.flush, pause=PAUSE)

    def answered(self, peer: str, milliseconds: int) -> None:
        known = self._latency.get(peer)
        if known is None and len(self._latency) >= MOST_HOSTS:
            return
        now = milliseconds if known is None else known + WEIGHT * (milliseconds - known)
        self._latency[peer] = now
        self._answered.add(peer)

    def saw_certificate(self, peer: str, until: int) -> None:
        if peer in self._certificates or len(self._certificates) < MOST_HOSTS:
            self._certificates[peer] = until

    def saw_client_certificate(self, peer: str, until: int) -> None:
        """Until when (milliseconds) the certificate is valid that a peer has shown here."""
        if peer in self._client_certificates or len(self._client_certificates) < MOST_HOSTS:
            self._client_certificates[peer] = until

    def refused_certificate(self, reason: str) -> None:
        """A connection ended because of the client certificate shown; who it was is not known."""
        if len(self._refused) < MOST_HOSTS:
            self._refused.append((self._clock.now(), reason[:200]))

    def count(self, hosts: Iterable[str], at: int, *, incoming: bool, many: int = 1) -> None:
        """Messages that came from, or went to, these hosts."""
        hour = at - at % HOUR
        for host in hosts:
            key = (host, hour)
            if key in self._traffic or len(self._traffic) < MOST_HOSTS:
                self._traffic[key][0 if incoming else 1] += many

    def latency(self) -> dict[str, float]:
        """Milliseconds by host, as this process knows them."""
        return dict(self._latency)

    # Life

    def start(self) -> None:
        """Begins to write in the background."""
        self._writing.start()

    async def stop(self) -> None:
        """Ends the background work and writes what is left."""
        await self._writing.stop()
        if self._writing.is_started:
            await self.flush()

    async def flush(self) -> None:
        """Writes what was counted."""
        measured = {host: round(self._latency[host]) for host in self._answered}
        ends, self._certificates = self._certificates, {}
        shown, self._client_certificates = self._client_certificates, {}
        traffic, self._traffic = self._traffic, defaultdict(lambda: [0, 0])
        refused, self._refused = self._refused, []
        self._answered = set()
        if refused:
            await self._add_refused(refused)
        if not (measured or ends or shown or traffic):
            return
        hosts = [
            {
                "of_host": host,
                "milliseconds": measured.get(host),
                "until": ends.get(host),
                "client_until": shown.get(host),
            }
            for host in sorted({*measured, *ends, *shown})
        ]
        hours = [
            {"host": host, "hour": hour, "received": received, "sent": sent}
            for (host, hour), (received, sent) in sorted(traffic.items())
        ]
        try:
            await self._database.write(_write, hosts, hours, self._clock.now() - KEPT)
        except Exception:
            # The next minute tries again with what is new then.
            log.exception("measures_not_written", hosts=len(hosts), hours=len(hours))

    async def _add_refused(self, refused: Sequence[tuple[int, str]]) -> None:
        at, reason = refused[-1]

        async def add(tx: Transaction) -> None:
            before = recent(await self.handshakes(tx), at)
            count = len(refused) + (0 if before is None else before.count)
            value = {"count": count, "at": at, "reason": reason}
            await self._facts.put(tx, FACT, value)

        try:
            await self._database.write(add)
        except Exception:
            log.exception("refused_certificates_not_written", count=len(refused))

    # Reading

    async def handshakes(self, tx: Transaction) -> Handshakes | None:
        """Connections that ended because of a client certificate; None: none ever did."""
        value = await self._facts.get(tx, FACT)
        return None if value is None else Handshakes(**value)

    async def hours(self, tx: Transaction, since: int) -> dict[str, list[Hour]]:
        """The traffic with every peer since then, by host."""
        found: dict[str, list[Hour]] = {}
        for row in await tx.all(queries.HOURS, since=since):
            found.setdefault(row.host, []).append(_hour(row))
        return found

    async def hours_of(self, tx: Transaction, host: str, since: int) -> list[Hour]:
        """The traffic with one peer."""
        return [_hour(row) for row in await tx.all(queries.HOURS_OF, of_host=host, since=since)]


async def _write(
    tx: Transaction, hosts: Sequence[Rows], hours: Sequence[Rows], before: int
) -> None:
    if hosts:
        await tx.many(queries.MEASURED, hosts)
    if hours:
        await tx.many(queries.COUNT_HOUR, hours)
        await tx.run(queries.FORGET_HOURS, before=before)


def _hour(row: Row) -> Hour:
    return Hour(row.hour, int(row.received), int(row.sent))
