"""Inboxes of other sites: takes every message with 202 and counts. ``receiver.py CORE``.

Prints its port. ``GET /count`` answers with the number of messages so far. Knows nothing of
signatures, so that it costs little; runs on the core of the generator.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import uvloop

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Inbox(asyncio.Protocol):
    """One connection; requests come one after the other."""

    count = 0

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
            if head.startswith(b"post "):
                Inbox.count += 1
                self.transport.write(ACCEPTED)
            else:
                body = str(Inbox.count).encode()
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )


async def main() -> None:
    """Listens until it is terminated."""
    server = await asyncio.get_running_loop().create_server(Inbox, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    uvloop.run(main())
