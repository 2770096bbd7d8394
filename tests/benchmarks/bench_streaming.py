"""Live streams: memory of one that is idle, and one post to everybody who watches."""

from __future__ import annotations

import base64
import gc
import json
import os
import select
import socket
import ssl
import statistics
import time

from tests.benchmarks.certificates import make_certificates
from tests.benchmarks.measure import report, request_bytes, resident
from tests.benchmarks.stage import Stage, make_stage
from tests.sites.person import Person

STREAMS = 2000
POSTS = 10
KIBIBYTES, MILLISECONDS = 25.0, 100.0
PATIENCE = 30.0


def open_stream(
    stage: Stage, person: Person, trusted: ssl.SSLContext | None = None
) -> socket.socket:
    """A WebSocket with the own stream of somebody; nothing of it is parsed later.

    ``trusted`` is for TLS.
    """
    headers = {
        "Authorization": f"Bearer {person.token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    connection = socket.create_connection(("127.0.0.1", stage.site.port), timeout=PATIENCE)
    if trusted is not None:
        connection = trusted.wrap_socket(connection, server_hostname="localhost")
    connection.sendall(request_bytes("GET", "/api/v1/streaming?stream=user", headers))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    connection.setblocking(False)
    return connection


class Ears:
    """All open streams; waits until each has received something with this text."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = {one.fileno(): one for one in sockets}
        self._poll = select.epoll()
        for number in self._sockets:
            self._poll.register(number, select.EPOLLIN)

    def until_all_heard(self, text: bytes) -> float:
        """When the last of them had it."""
        missing = set(self._sockets)
        end = time.perf_counter() + PATIENCE
        while missing:
            for number, _ in self._poll.poll(1.0):
                if text in self._sockets[number].recv(1 << 18):
                    missing.discard(number)
            assert time.perf_counter() < end, f"{len(missing)} heard nothing"
        return time.perf_counter()

    def drain(self) -> None:
        """Takes what has come."""
        while found := self._poll.poll(0.3):
            for number, _ in found:
                self._sockets[number].recv(1 << 18)


def open_all(
    stage: Stage, trusted: ssl.SSLContext | None = None
) -> tuple[list[socket.socket], float]:
    """A stream for everybody but the first reader, and kibibytes of the server for each."""
    author, *people = stage.readers
    open_stream(stage, author, trusted).close()
    time.sleep(1)
    before = resident(stage.site.pids[0])
    sockets = [open_stream(stage, person, trusted) for person in people]
    time.sleep(2)
    return sockets, (resident(stage.site.pids[0]) - before) * 1e6 / 1024 / len(people)


def memory_over_tls() -> None:
    """The same where the site serves TLS itself."""
    with (
        make_certificates() as certificates,
        make_stage(1000, readers=STREAMS + 1, followed=1, certificates=certificates) as stage,
        stage.serving(),
    ):
        trusted = ssl.create_default_context(cafile=certificates.authority)
        sockets, memory = open_all(stage, trusted)
        report("stream_memory_tls", memory, "KiB", 0, 1.0, higher=False, streams=STREAMS)
        for one in sockets:
            one.close()


def main() -> None:
    """Prints the figures."""
    with make_stage(1000, readers=STREAMS + 1, followed=1) as stage, stage.serving():
        author = stage.readers[0]
        author.write("warm")
        sockets, memory = open_all(stage)
        report("stream_memory", memory, "KiB", KIBIBYTES, 1.0, higher=False, streams=STREAMS)
        ears = Ears(sockets)
        times, used = [], []
        gc.disable()
        for number in range(POSTS + 2):
            ears.drain()
            text = f"Everybody hears number{number}x"
            cpu, started = stage.cpu, time.perf_counter()
            status = json.dumps(author.write(text)["id"]).encode().strip(b'"')
            heard = ears.until_all_heard(status)
            if number >= 2:  # the first ones fill caches
                times.append((heard - started) * 1000)
                time.sleep(0.2)
                used.append((stage.cpu - cpu) * 1000)
        report(
            "stream_post",
            statistics.median(times),
            "ms",
            MILLISECONDS,
            1.0,
            higher=False,
            worst_ms=max(times),
            cpu_ms=statistics.median(used),
            streams=STREAMS,
        )
        for one in sockets:
            one.close()
    memory_over_tls()


if __name__ == "__main__":
    main()
