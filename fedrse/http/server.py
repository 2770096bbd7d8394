"""Listens: several addresses, TLS, and a stop that finishes what has begun."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from fedrse.core.errors import Misconfigured
from fedrse.core.listen import ListenAddress, TcpAddress, UnixAddress
from fedrse.http.access_log import log
from fedrse.http.frame import Frame
from fedrse.http.health import Health

GRACE_SECONDS = 10.0
BACKLOG = 1024
SOCKET_MODE = 0o660


class HttpServer:
    """One frame on its listen addresses.

    ``reuse_port`` lets several processes share the TCP addresses.
    """

    def __init__(
        self,
        frame: Frame,
        addresses: Sequence[ListenAddress],
        *,
        health: Health | None = None,
        tls: ssl.SSLContext | None = None,
        reuse_port: bool = False,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._frame = frame
        self._addresses = list(addresses)
        self._health = health or Health()
        self._tls = tls
        self._reuse_port = reuse_port
        self._grace = grace_seconds
        self._runner: _Runner | None = None
        self._sockets: list[Path] = []

    async def start(self) -> list[ListenAddress]:
        """Listens on all addresses and returns them, with the real port in place of 0.

        Raises OSError where an address is taken or not permitted; then none is open.
        """
        runner = _Runner(self._frame, self._health, shutdown_timeout=self._grace)
        self._runner = runner
        await runner.setup()
        try:
            return [await self._listen(runner, address) for address in self._addresses]
        except BaseException:
            await self.stop()
            raise

    async def _listen(self, runner: _Runner, address: ListenAddress) -> ListenAddress:
        if isinstance(address, UnixAddress):
            await web.UnixSite(runner, address.path, backlog=BACKLOG).start()
            address.path.chmod(SOCKET_MODE)
            self._sockets.append(address.path)
            return address
        site = web.TCPSite(
            runner,
            address.host.strip("[]"),
            address.port,
            ssl_context=self._tls,
            backlog=BACKLOG,
            reuse_port=self._reuse_port or None,
        )
        await site.start()
        return TcpAddress(address.host, runner.addresses[-1][1])

    async def stop(self) -> None:
        """Stops listening, ends streams, lets running requests finish, closes connections."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        await runner.cleanup()
        for path in self._sockets:
            path.unlink(missing_ok=True)
        self._sockets.clear()


class _Runner(web.ServerRunner):
    def __init__(self, frame: Frame, health: Health, *, shutdown_timeout: float) -> None:
        super().__init__(frame.server(), shutdown_timeout=shutdown_timeout)
        self._frame = frame
        self._health = health

    async def cleanup(self) -> None:
        self._health.stopping = True
        await super().cleanup()

    async def shutdown(self) -> None:
        """Called between closing idle connections and waiting for busy ones."""
        for task in list(self._frame.streams):
            task.cancel()


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate chain.

    Raises Misconfigured where the files cannot be read or do not fit together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            "tls_unusable", f"{certificate} and {key} cannot be used for TLS: {error}"
        ) from error
    return context


async def until_signalled() -> None:
    """Returns at the first SIGTERM or SIGINT; a second one then ends the process at once."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # event loops of Windows have no signal handlers
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.remove_signal_handler(number)
    log.info("stopping")
