"""What everything stands on: database, time, ids, events, keys, queue. Opened first."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from msgspec import Struct

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.app.context import COMMAND_NODE, data_folder
from fedrse.app.secret_file import read_secret
from fedrse.core.clock import MINUTE, SECOND, Clock, SystemClock
from fedrse.core.errors import Unavailable
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.core.urls import UrlRules
from fedrse.features.audit.service import Audit
from fedrse.http.metrics import RequestMetrics
from fedrse.jobs.leases import Leases
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import ensure_current

NODE_LEASE = 2 * MINUTE
NODE_PATIENCE = 2 * SECOND
log = structlog.get_logger(__name__)


class Ground(Struct, frozen=True):
    """Shared by all parts of one process."""

    settings: Settings
    folder: Path
    clock: Clock
    ids: IdMaker
    owner: str
    database: Database
    leases: Leases
    events: Events
    local_ids: LocalIds
    rules: UrlRules
    cipher: KeyCipher
    queue: Queue
    runner: Runner
    audit: Audit
    requests: RequestMetrics


@asynccontextmanager
async def open_ground(
    settings: Settings, *, clock: Clock | None = None, is_command: bool = False
) -> AsyncIterator[Ground]:
    """Opens the database (migrating it if needed) and makes what has no parts of its own.

    ``is_command``: for a moment beside the processes of the site; its ids have a node of their own.
    Raises SecretFileProblem, Unavailable, Conflict with a sentence for the operator.
    """
    clock = clock or SystemClock()
    folder = data_folder(settings)
    cipher = KeyCipher(read_secret(folder / settings.storage.secret_file))
    database = await open_database(settings.storage.database, folder)
    keeping: asyncio.Task[None] | None = None
    try:
        await ensure_current(database, settings.storage.database, folder)
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        leases = Leases(clock=clock, owner=owner)
        node = COMMAND_NODE if is_command else await _node(database, leases)
        ids = IdMaker(clock, node)
        if not is_command:
            keeping = asyncio.create_task(_keep_node(database, leases, node))
        queue = Queue(clock=clock, ids=ids)
        yield Ground(
            settings=settings,
            folder=folder,
            clock=clock,
            ids=ids,
            owner=owner,
            database=database,
            leases=leases,
            events=Events(),
            local_ids=LocalIds(settings.origin),
            rules=UrlRules.of_site(settings.origin, settings.outgoing.connect),
            cipher=cipher,
            queue=queue,
            runner=Runner(database=database, queue=queue, clock=clock, owner=owner),
            audit=Audit(clock=clock),
            requests=RequestMetrics(),
        )
    finally:
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            with suppress(Exception):  # a database that is away: the lease ends by itself
                await database.write(leases.release, [_lease_of(node)])
        await database.close()


async def _keep_node(database: Database, leases: Leases, node: int) -> None:
    """Extends the lease; ends the process if another one has taken the number meanwhile."""
    while database.dialect == "postgresql":
        await asyncio.sleep(NODE_LEASE / SECOND / 4)
        try:
            kept = await database.write(leases.take, _lease_of(node), duration=NODE_LEASE)
        except Exception:
            log.exception("node_lease_not_extended", node=node)
            continue
        if not kept:
            # Ids made from now on could be those of the other process.
            log.error("node_lease_lost", node=node)
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _lease_of(node: int) -> str:
    return f"node:{node}"


async def _node(database: Database, leases: Leases) -> int:
    """A number that no other process of this database has, so that their ids differ.

    Where all are taken it waits for those of processes that were killed.
    """
    if database.dialect == "sqlite":
        return 0
    for waited in range(0, NODE_LEASE + MINUTE, NODE_PATIENCE):
        number = await database.write(leases.take_number, "node", COMMAND_NODE, duration=NODE_LEASE)
        if number is not None:
            return number
        if not waited:
            log.warning("waiting_for_a_killed_process", processes=COMMAND_NODE)
        await asyncio.sleep(NODE_PATIENCE / SECOND)
    raise Unavailable(
        "too_many_processes",
        f"{COMMAND_NODE} processes work on this database already, which is the most.",
    )
