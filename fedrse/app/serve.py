"""Runs a site: all in one process, or several that share a PostgreSQL database."""

from __future__ import annotations

import asyncio
import gc
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import structlog
import uvloop

from fedrse.app.build import Site, open_site
from fedrse.app.logs import configure_logs
from fedrse.app.memory import keep_freed_memory
from fedrse.core.errors import FedrseError, Invalid, Misconfigured, Unavailable
from fedrse.core.listen import ListenAddress, parse_listen
from fedrse.core.settings import Settings
from fedrse.core.settings_mutual_tls import ClientCertificates
from fedrse.http.server import HttpServer, tls_context, until_signalled
from fedrse.net.client_certificates import bundles_of

log = structlog.get_logger(__name__)
FAILED = 1
SWITCH_INTERVAL = 0.0005  # seconds; the database thread waits less for its turn
YOUNG_OBJECTS = 5000  # alive since the last look of the garbage collector


def serve(settings: Settings, *, workers: int) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises Invalid for several workers on SQLite, Unavailable where they cannot start, and what
    ``run_process`` raises.
    """
    if workers > 1 and settings.storage.database.startswith("sqlite:"):
        raise Invalid(
            "workers_need_postgres",
            "Several workers need PostgreSQL: a SQLite file has one writer. Set storage.database"
            " to postgresql://... or leave --workers out.",
        )
    if workers == 1:
        run_process(settings, shared=False)
    else:
        configure_logs(settings.log)
        if not _supervise().Supervisor(workers, partial(_supervised, settings)).run():
            raise Unavailable("workers_failed", "The site could not be started.")


def run_process(settings: Settings, *, shared: bool, listens: bool = True) -> None:
    """One process of a site; ``shared``: others listen on the same addresses.

    Raises FedrseError for what the operator can put right; whatever else stops it is logged with
    its trace, and the process ends.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    keep_freed_memory()
    configure_logs(settings.log)
    try:
        uvloop.run(_run(settings, shared=shared, listens=listens))
    except FedrseError:
        raise
    except Exception:
        log.exception("stopped_by_an_error")
        sys.exit(FAILED)


async def _run(settings: Settings, *, shared: bool, listens: bool) -> None:
    # From the start, so that a signal during it leaves nothing behind either.
    signalled = asyncio.create_task(until_signalled())
    await asyncio.sleep(0)
    async with open_site(settings) as site:
        server = _server(settings, site, shared=shared) if listens else None
        if server is not None:
            addresses = await _listen(server)
            log.info("listening", addresses=[str(address) for address in addresses])
        await site.start()
        _settle()
        await signalled
        if server is not None:
            await server.stop()


async def _listen(server: HttpServer) -> list[ListenAddress]:
    try:
        return await server.start()
    except OSError as error:
        raise Misconfigured("listen_impossible", f"server.listen: {error}") from error


def _settle() -> None:
    """What was made so far stays: the garbage collector need not look at it again.

    It is called less often than usual, too: nearly everything is freed without it, and each call
    looks at all that is alive at that moment, such as the messages of a whole batch.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


def _server(settings: Settings, site: Site, *, shared: bool) -> HttpServer:
    server, asked = settings.server, settings.mutual_tls
    tls = mutual_tls = None
    mutual: list[ListenAddress] = []
    folder = site.ground.folder
    if server.tls_certificate and server.tls_key:
        files = Path(server.tls_certificate), Path(server.tls_key)
        tls = tls_context(*files)
        if asked.mode is not ClientCertificates.OFF:
            mutual_tls = tls_context(
                *files,
                client_authorities=bundles_of(asked),
                refused=site.protocol.measures.refused_certificate,
            )
            mutual = [parse_listen(text, folder) for text in asked.listen]
    return HttpServer(
        site.frame,
        [parse_listen(text, folder) for text in server.listen],
        health=site.health,
        tls=tls,
        mutual=mutual,
        mutual_tls=mutual_tls,
        reuse_port=shared,
    )


def _supervise() -> ModuleType:
    """Loads ``multiprocessing``, which a site of one process does not need."""
    return import_module("fedrse.app.supervise")


def _supervised(settings: Settings) -> None:
    """One of several processes; says in one sentence why it cannot start."""
    _supervise().join_supervisor()
    try:
        run_process(settings, shared=True)
    except FedrseError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_supervise().COULD_NOT_START)


def work(settings: Settings) -> None:
    """A process that does jobs, intake and deliveries, and listens nowhere."""
    if settings.storage.database.startswith("sqlite:"):
        raise Invalid(
            "worker_needs_postgres",
            "A separate worker needs PostgreSQL; on SQLite `fedrse serve` does all the work.",
        )
    run_process(settings, shared=True, listens=False)
