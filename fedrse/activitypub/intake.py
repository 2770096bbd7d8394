"""Storing of what came in: many messages per transaction, each acknowledged after the commit."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, NamedTuple

import structlog

from fedrse.activitypub import inbox_queries as queries
from fedrse.activitypub.peers import Sighting, latest
from fedrse.core.clock import SECOND, Clock
from fedrse.core.ids import IdMaker
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

WAKE_UP: Final = "inbox"
"""Channel on which the processors of all processes hear of new messages."""

PARTITIONS: Final = 16
"""On PostgreSQL, where several processes share the work; all of an actor is in one."""

MOST_PER_TRANSACTION: Final = 500
SIGHTING_INTERVAL: Final = 10 * SECOND
log = structlog.get_logger(__name__)

AfterStoring = Callable[[Transaction], Awaitable[None]]
"""Rows to write together with a message (a job); an error undoes the whole batch."""

HostsAreBack = Callable[[Transaction, Collection[str]], Awaitable[None]]
"""Told with every transaction which peers were heard of; has to be cheap."""

SawInbound = Callable[[Transaction, Collection[Sighting]], Awaitable[None]]


class Entry(NamedTuple):
    """How a message begins: pending, delayed by so many milliseconds, or held in quarantine.

    ``policy``: what rules made of it (``border.treatment_text``), None where there was none.
    """

    state: str
    delay: int
    policy: str | None


PENDING: Final = Entry("pending", 0, None)


class _Waiting:
    __slots__ = ("future", "row", "then")

    def __init__(
        self, row: dict[str, Any], then: AfterStoring | None, future: asyncio.Future[bool]
    ) -> None:
        self.row = row
        self.then = then
        self.future = future


class Intake:
    """Collects messages while one transaction is under way, and stores them in the next."""

    def __init__(
        self,
        *,
        database: Database,
        ids: IdMaker,
        clock: Clock,
        saw_inbound: SawInbound,
        hosts_are_back: HostsAreBack,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._saw_inbound = saw_inbound
        self._hosts_are_back = hosts_are_back
        self._partitions = PARTITIONS if database.dialect == "postgresql" else 1
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._seen: ExpiringMap[str, bool] = ExpiringMap(clock, max_entries=10_000)
        self._sightings: list[Sighting] = []
        self._hosts: set[str] = set()

    async def store(
        self,
        *,
        actor: str,
        host: str,
        activity_id: str,
        activity_type: str,
        body: bytes,
        digest: bytes,
        entry: Entry = PENDING,
        then: AfterStoring | None = None,
    ) -> bool:
        """Stores a proved message; when this returns it is on disk. False: it was there before."""
        now = self._clock.now()
        row = {
            "id": self._ids.new(),
            "actor": actor,
            "host": host,
            "activity_id": activity_id,
            "type": activity_type,
            "body": body,
            "digest": digest,
            "state": entry.state,
            "due_at": now + entry.delay,
            "partition": zlib.crc32(actor.encode()) % self._partitions,
            "received_at": now,
            "policy": entry.policy,
        }
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(row, then, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def run(self, unit: AfterStoring) -> None:
        """Writes rows that belong to a message that is not stored itself."""
        await self._database.write(unit)

    def saw(self, host: str, drift: int) -> None:
        """Notes that a peer is alive.

        Told with the next messages; what is remembered of it is written once in ten seconds.
        """
        self._hosts.add(host)
        if self._seen.get(host) is None:
            self._seen.put(host, True, lifetime=SIGHTING_INTERVAL)
            self._sightings.append(Sighting(host, drift))

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:MOST_PER_TRANSACTION]
                del self._waiting[:MOST_PER_TRANSACTION]
                sightings, self._sightings = latest(self._sightings), []
                hosts, self._hosts = self._hosts, set()
                try:
                    unit = self._database.write(self._store, batch, sightings, hosts)
                    storing = asyncio.create_task(unit)
                    # After the unit is queued: whoever looks before finds nothing and sleeps.
                    asyncio.get_running_loop().call_soon(self._database.hint, WAKE_UP)
                    fresh = await storing
                except Exception as error:  # noqa: BLE001  (told to everybody who waits)
                    for waiting in batch:
                        if not waiting.future.done():
                            waiting.future.set_exception(error)
                    continue
                for waiting in batch:
                    if not waiting.future.done():
                        waiting.future.set_result(waiting.row["id"] in fresh)
        finally:
            self._flushing = None

    async def _store(
        self,
        tx: Transaction,
        batch: list[_Waiting],
        sightings: list[Sighting],
        hosts: set[str],
    ) -> set[int]:
        await tx.many(queries.ADD, [waiting.row for waiting in batch])
        ids = [waiting.row["id"] for waiting in batch]
        fresh = set(await tx.ids(queries.STORED, ids=ids))
        for waiting in batch:
            if waiting.row["id"] not in fresh:
                await self._compare(tx, waiting.row)
            elif waiting.then is not None:
                await waiting.then(tx)
        if sightings:
            await self._saw_inbound(tx, sightings)
        if hosts:
            await self._hosts_are_back(tx, hosts)
        if fresh and tx.dialect == "postgresql":
            tx.notify(WAKE_UP, "")  # on SQLite the hint was enough
        return fresh

    async def _compare(self, tx: Transaction, row: dict[str, Any]) -> None:
        """The first message with an id stays; another one under its name is worth an alarm."""
        digest = await tx.value(queries.DIGEST, activity_id=row["activity_id"], actor=row["actor"])
        if digest is not None and bytes(digest) != row["digest"]:
            log.warning("activity_id_reused", id=row["activity_id"], actor=row["actor"])
