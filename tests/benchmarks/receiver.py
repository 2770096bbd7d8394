"""Inboxes of other sites: takes every message with 202 and counts.

``receiver.py CORE [CHAIN KEY] [--silent]`` prints its port. ``GET /count`` answers with the number
of messages so far. Knows nothing of signatures, so that it costs little; runs on the core of the
generator. With two PEM files it speaks TLS; ``--silent`` never answers a message.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from typing import Any

import uvloop

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Inbox(asyncio.Protocol):
    """One connection; requests come one after the other."""

    count = 0
    silent = False

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            del self.buffer[: end + 4 + length]
            if not head.startswith(b"post "):
                body = str(Inbox.count).encode()
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
            elif not Inbox.silent:
                Inbox.count += 1
                self.transport.write(ACCEPTED)


async def main(files: list[str]) -> None:
    """Listens until it is terminated."""
    context = None
    if files:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*files)
    server = await asyncio.get_running_loop().create_server(
        Inbox, "127.0.0.1", 0, ssl=context, backlog=1000
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    Inbox.silent = "--silent" in sys.argv
    uvloop.run(main([name for name in sys.argv[2:] if name != "--silent"]))
