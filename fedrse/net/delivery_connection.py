"""One kept-alive connection that carries one request at a time."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, cast

from fedrse.net.errors import ConnectionLost, NetworkFailure, TlsFailed
from fedrse.net.http1 import Answer, AnswerReader

if TYPE_CHECKING:
    from collections.abc import Callable


class DeliveryConnection(asyncio.Protocol):
    """Writes prepared bytes, reads a bounded answer. Made by the dialler.

    ``on_close`` is called once when the connection has ended, whoever ended it.
    """

    def __init__(self, on_close: Callable[[DeliveryConnection], None]) -> None:
        self._on_close = on_close
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._requests = 0

    @property
    def transport(self) -> asyncio.Transport | None:
        """What carries it, None once it has ended."""
        return self._transport

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def certificate_until(self) -> int | None:
        """When the certificate of the other side ends (milliseconds); None without TLS."""
        tls = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        ends = None if tls is None else (tls.getpeercert() or {}).get("notAfter")
        return None if ends is None else round(ssl.cert_time_to_seconds(ends) * 1000)

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for its answer; there must be none in flight.

        Raises ConnectionLost (``connection_stale`` if a connection used before was closed without
        any answer), BadResponse, ResponseTooLarge. After any failure, cancellation included, the
        connection is closed.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionLost("connection_stale", "The connection was closed while it rested")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._reader = AnswerReader()
        self._requests += 1
        self._transport.write(request)
        try:
            result = await answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = self._reader = None
        if not result.reusable:
            self.close()
        return result

    def close(self) -> None:
        """Close without farewell: every answer is delimited by its length."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._reader is None or self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            result = self._reader.feed(data)
        except NetworkFailure as error:
            self._answer.set_exception(error)
            return
        if result is not None:
            self._answer.set_result(result)

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ssl.SSLError):
            self._refused(exc)
        self._end()
        self._transport = None
        self._on_close(self)

    def _refused(self, error: ssl.SSLError) -> None:
        """In TLS 1.3 the other side looks at our certificate only when we think all is done."""
        if self._answer is None or self._answer.done():
            return
        reason = (error.reason or "protocol error").lower().replace("_", " ")
        is_it = "certificate" in reason or "unknown ca" in reason
        about = "our client certificate" if is_it else "the connection"
        self._answer.set_exception(
            TlsFailed("tls_failed", f"The other side does not accept {about}: {reason}")
        )

    def _end(self) -> None:
        if self._reader is None or self._answer is None or self._answer.done():
            return
        if not self._reader.started:
            code = "connection_stale" if self._requests > 1 else "connection_lost"
            self._answer.set_exception(ConnectionLost(code, "The other side closed the connection"))
            return
        try:
            self._answer.set_result(self._reader.close())
        except NetworkFailure as error:
            self._answer.set_exception(error)
