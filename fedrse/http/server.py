"""Listens: several addresses, TLS, and a stop that finishes what has begun."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Callable, Iterable, Sequence
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
        mutual: Sequence[ListenAddress] = (),
        mutual_tls: ssl.SSLContext | None = None,
        reuse_port: bool = False,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """``mutual``: addresses where ``mutual_tls``, which asks for certificates, takes over."""
        self._frame = frame
        self._addresses = [(address, tls) for address in addresses]
        self._addresses += [(address, mutual_tls) for address in mutual]
        self._health = health or Health()
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
        self._health.starting = True
        try:
            opened = [await self._listen(runner, *address) for address in self._addresses]
        except BaseException:
            await self.stop()
            raise
        self._health.starting = False
        return opened

    async def _listen(
        self, runner: _Runner, address: ListenAddress, tls: ssl.SSLContext | None
    ) -> ListenAddress:
        if isinstance(address, UnixAddress):
            await web.UnixSite(runner, address.path, backlog=BACKLOG).start()
            address.path.chmod(SOCKET_MODE)
            self._sockets.append(address.path)
            return address
        site = web.TCPSite(
            runner,
            address.host.strip("[]"),
            address.port,
            ssl_context=tls,
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


Refused = Callable[[str], None]
"""Hears why a certificate of a client was refused, in the words of OpenSSL."""


def tls_context(
    certificate: Path,
    key: Path,
    *,
    client_authorities: Iterable[str] = (),
    refused: Refused = lambda _reason: None,
) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate chain.

    ``client_authorities`` (PEM files): clients are asked for a certificate of one of these, which
    need not be roots. Who has none is let in: whether that will do is decided by request. Raises
    Misconfigured where the files cannot be read or do not fit together.
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
    for path in client_authorities:
        _ask_for_certificates(context, path, refused)
    return context


def _ask_for_certificates(context: ssl.SSLContext, path: str, refused: Refused) -> None:
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.sslobject_class = type("_Handshake", (_ToldHandshake,), {"told": staticmethod(refused)})
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            "ca_bundle_unusable", f"The certificate authorities in {path} cannot be read: {error}"
        ) from error


class _ToldHandshake(ssl.SSLObject):
    """Tells why a certificate was refused: whoever showed it gets no answer that could say so."""

    @staticmethod
    def told(reason: str) -> None:
        """Each context has its own listener instead."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            log.warning("client_certificate_refused", reason=error.verify_message)
            self.told(error.verify_message)
            raise


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
