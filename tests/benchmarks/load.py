"""A load generator that costs little: raw HTTP/1.1 over kept connections, one request in flight.

Runs in a process of its own on a core of its own; gets its work as JSON on standard input::

    {"port": 1, "core": 1, "connections": 32, "seconds": 3, "requests": [base64...], "tls": false}

Requests are taken in turn by all connections. Prints one JSON line: rate (per second), median and
p99 (milliseconds), count, statuses, bytes, cpu (seconds used by the generator).
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import uvloop


class Connection(asyncio.Protocol):
    """Sends the next request as soon as an answer is complete."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.buffer = bytearray()
        self.needed = 0
        self.transport: Any = None
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.run.opened(self)

    def send(self) -> None:
        request = self.run.next_request()
        if request is None:
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.needed:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end]).lower()
            self.run.statuses[int(head[9:12])] += 1
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self.needed = end + 4 + length
        if len(self.buffer) >= self.needed:
            self.run.done(time.perf_counter() - self.started, self.needed)
            del self.buffer[: self.needed]
            self.needed = 0
            self.send()

    def connection_lost(self, _error: Exception | None) -> None:
        self.run.closed()


class Run:
    """One measurement."""

    def __init__(self, work: dict[str, Any]) -> None:
        self.work = work
        self.requests: Iterator[bytes] = itertools.cycle(
            [base64.b64decode(item) for item in work["requests"]]
        )
        if work.get("count"):
            self.requests = itertools.islice(self.requests, work["count"])
        self.times: list[float] = []
        self.bytes = 0
        self.statuses: Counter[int] = Counter()
        self.connections: list[Connection] = []
        self.open = 0
        self.deadline = float("inf")
        self.finished = asyncio.get_running_loop().create_future()

    def opened(self, connection: Connection) -> None:
        self.open += 1
        self.connections.append(connection)

    def closed(self) -> None:
        self.open -= 1
        if not self.open and not self.finished.done():
            self.finished.set_result(None)

    def next_request(self) -> bytes | None:
        if time.perf_counter() > self.deadline:
            return None
        return next(self.requests, None)

    def done(self, seconds: float, size: int) -> None:
        self.times.append(seconds)
        self.bytes += size

    async def run(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        context = None
        if self.work.get("tls"):
            context = ssl.create_default_context(cafile=self.work["tls"])
        for _ in range(self.work["connections"]):
            await loop.create_connection(
                lambda: Connection(self),
                "localhost" if context else "127.0.0.1",
                self.work["port"],
                ssl=context,
            )
        cpu = time.process_time()
        start = time.perf_counter()
        if self.work.get("seconds"):
            self.deadline = start + self.work["seconds"]
        for connection in self.connections:
            connection.send()
        await self.finished
        elapsed = time.perf_counter() - start
        ordered = sorted(self.times)
        return {
            "rate": len(ordered) / elapsed,
            "median": ordered[len(ordered) // 2] * 1000,
            "p99": ordered[len(ordered) * 99 // 100] * 1000,
            "count": len(ordered),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "bytes": self.bytes,
            "cpu": time.process_time() - cpu,
        }


async def main() -> None:
    work = json.load(sys.stdin)
    sys.stdout.write(json.dumps(await Run(work).run()) + "\n")


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    uvloop.run(main())
