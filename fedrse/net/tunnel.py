"""CONNECT through an HTTP proxy (RFC 9110, section 9.3.6)."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from fedrse.net.errors import ConnectFailed

if TYPE_CHECKING:
    import socket

    from fedrse.core.urls import Origin

MAX_ANSWER = 8192
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?\r\n")


class _ConnectAnswer(asyncio.Protocol):
    """Collects the head of the proxy's answer."""

    def __init__(self) -> None:
        self.head: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        complete = b"\r\n\r\n" in self._received
        if not self.head.done() and (complete or len(self._received) > MAX_ANSWER):
            self.head.set_result(self._received)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.head.done():
            self.head.set_result(self._received)


async def open_tunnel(connection: socket.socket, origin: Origin) -> asyncio.Transport:
    """A transport through the proxy to the origin, ready for the TLS handshake.

    Raises ConnectFailed if the proxy refuses or does not speak HTTP.
    """
    target = f"{origin.host}:{origin.port}"
    transport, answer = await asyncio.get_running_loop().create_connection(
        _ConnectAnswer, sock=connection
    )
    try:
        transport.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        head = await answer.head
        _check(head, origin)
    except BaseException:
        transport.abort()
        raise
    return transport


def _check(head: bytes, origin: Origin) -> None:
    match = _STATUS.match(head)
    if match is None or not head.endswith(b"\r\n\r\n"):
        # Bytes after the head would come before the handshake: nobody honest sends them.
        raise ConnectFailed("proxy_failed", "The proxy did not answer as one", host=origin.peer)
    status = int(match[1])
    if not 200 <= status < 300:
        raise ConnectFailed(
            "proxy_refused",
            f"The proxy refused a connection to {origin.peer} ({status})",
            host=origin.peer,
            status=status,
        )
