"""Fan-out over TLS: one post to 2,000 followers with inboxes of their own on 200 hosts.

A real site sends; receivers that cost little count. Rates are deliveries per second of the sender's
processor time, divided by the RSA signatures that one core makes in the same time. Reported apart:
the processor time of the receivers, and how long an answer of the sending site takes meanwhile,
which is the delay of its event loop with everything that an answer needs.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fedrse.activitypub.keys import SigningKey, generate_rsa
from tests.benchmarks.certificates import Certificates, make_certificates
from tests.benchmarks.crypto_limits import KEY_ID, MESSAGE
from tests.benchmarks.measure import CLIENT_CORE, HERE, SERVER_CORE, cpu_of, report
from tests.benchmarks.stage import database_of, insert, start_on
from tests.sites.person import Person
from tests.sites.site import Site, free_port

HOSTS, PER_HOST, HANGING = 200, 10, 10
NAMES = [f"host{number}.peers.test" for number in range(HOSTS)]
DELIVERIES = HOSTS * PER_HOST
ROUNDS = 3
PATIENCE = 120.0
PING_PAUSE = 0.02
SETTLED = 0.5  # seconds until results are committed


@dataclass(frozen=True)
class Sent:
    """One post: seconds until the last inbox had it, and what it cost."""

    seconds: float
    cpu: float
    receiver_cpu: float
    delay: float  # milliseconds, median

    def rate(self, deliveries: int) -> float:
        """Deliveries per second of the sender's processor time."""
        return deliveries / self.cpu


def rsa_per_cpu(count: int = 1500) -> float:
    """RSA signatures per second of processor time."""
    key = SigningKey(KEY_ID, generate_rsa())
    before = time.process_time()
    for _ in range(count):
        key.sign(MESSAGE)
    return count / (time.process_time() - before)


class Receiver:
    """A process that takes everything, or nothing."""

    def __init__(self, files: Certificates, *, silent: bool = False) -> None:
        command = [sys.executable, str(HERE / "receiver.py"), str(CLIENT_CORE)]
        command += [str(files.chain), str(files.key), *(["--silent"] if silent else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        context = ssl.create_default_context(cafile=str(files.authority))
        self._line = http.client.HTTPSConnection("localhost", self.port, context=context)

    @property
    def count(self) -> int:
        """How many messages it took so far."""
        self._line.request("GET", "/count")
        return int(self._line.getresponse().read())

    def stop(self) -> None:
        self._line.close()
        self.process.terminate()
        self.process.wait()


class Pings:
    """Asks the site for something cheap all the time; the time it takes is its delay."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self.times: list[float] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port)
        while not self._over.wait(PING_PAUSE):
            started = time.perf_counter()
            line.request("GET", "/health/live")
            line.getresponse().read()
            self.times.append((time.perf_counter() - started) * 1000)
        line.close()


class Stage:
    """The sending site, its author and the receivers."""

    def __init__(self, folder: Path, files: Certificates) -> None:
        self.files = files
        self.receiver = Receiver(files)
        self.site = Site(name="lyon", folder=folder, port=free_port())
        self.configure({})
        self.author: Person = self.site.create("author")[0]
        with database_of(self.site) as connection:
            now = int(time.time() * 1000)
            accounts = [_follower(number, now) for number in range(DELIVERIES)]
            insert(connection, "account", accounts)
            follows = [_follow(int(row["id"]), int(self.author.id), now) for row in accounts]
            insert(connection, "follow", follows)

    def configure(self, elsewhere: dict[str, str]) -> None:
        """Writes the settings; ``elsewhere`` are hosts that the receiver does not stand for."""
        here = f"https://127.0.0.1:{self.receiver.port}"
        extra = {
            "federation": {"allowed_hosts": NAMES},
            "posts": {"default_audience": "public"},
            "outgoing": {
                "connect": dict.fromkeys(NAMES, here) | elsewhere,
                "ca_bundle": str(self.files.authority),
            },
            "log": {"level": "error"},
        }
        self.site.configure([self.site], extra=extra)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Runs the site on its core, without connections to anybody."""
        start_on(self.site, SERVER_CORE)
        try:
            yield
        finally:
            self.site.stop()

    def post(self, expected: int) -> Sent:
        """Publishes, waits until so many inboxes have it."""
        pid, receiver = self.site.pids[0], self.receiver.process.pid
        before, goal = (cpu_of(pid), cpu_of(receiver)), self.receiver.count + expected
        with Pings(self.site.port) as pings:
            started = time.perf_counter()
            self.author.write("Bonjour à toutes et à tous")
            while self.receiver.count < goal:
                if time.perf_counter() - started > PATIENCE:
                    raise RuntimeError(f"{goal - self.receiver.count} deliveries are missing")
                time.sleep(0.005)
            seconds = time.perf_counter() - started
        time.sleep(SETTLED)
        after = cpu_of(pid), cpu_of(receiver)
        delay = statistics.median(pings.times)
        return Sent(seconds, after[0] - before[0], after[1] - before[1], delay)

    def close(self) -> None:
        self.receiver.stop()


def _follower(number: int, now: int) -> dict[str, object]:
    host = NAMES[number % HOSTS]
    uri = f"https://{host}/users/u{number}"
    return {
        "id": (now - 3_600_000 << 16) + number,
        "uri": uri,
        "local": False,
        "host": host,
        "username": f"u{number}",
        "username_key": f"u{number}",
        "domain": host,
        "kind": "Person",
        "inbox": f"{uri}/inbox",
        "created_at": now,
        "updated_at": now,
        "fetched_at": now,
    }


def _follow(follower: int, author: int, now: int) -> dict[str, object]:
    return {
        "id": follower,
        "account_id": follower,
        "target_id": author,
        "uri": f"https://peers.test/follows/{follower}",
        "accepted": True,
        "local": False,
        "created_at": now,
    }


def measure_own_inboxes(stage: Stage) -> tuple[Sent, Sent]:
    """Cold and warm with RSA, at the median of some rounds; a site that was started is cold."""
    limits, both = [rsa_per_cpu()], []
    for _ in range(ROUNDS):
        with stage.serving():
            both.append((stage.post(DELIVERIES), stage.post(DELIVERIES)))
        limits.append(rsa_per_cpu())
    cold, warm = (
        sorted(sent, key=lambda one: one.cpu)[ROUNDS // 2] for sent in zip(*both, strict=True)
    )
    limit = statistics.median(limits)
    for name, sent, bar in (("fanout_cold", cold, 0.45), ("fanout_warm", warm, 0.55)):
        report(
            name, sent.rate(DELIVERIES), "deliveries/s of CPU", limit, bar,
            rate=DELIVERIES / sent.seconds, cpu_ms=sent.cpu / DELIVERIES * 1000,
            receiver_cpu_ms=sent.receiver_cpu / DELIVERIES * 1000,
        )  # fmt: skip
    report("fanout_delay", max(cold.delay, warm.delay), "ms", 5.0, 1.0, higher=False)
    return cold, warm


def measure_ed25519(stage: Stage, rsa: Sent) -> None:
    """The hosts are fedrse sites: warm, against RSA."""
    with database_of(stage.site) as connection:
        sites = [
            {"host": name, "origin": f"https://{name}", "software": "fedrse", "first_seen_at": 1}
            for name in NAMES
        ]
        insert(connection, "site", sites)
    with stage.serving():
        stage.post(DELIVERIES)
        warm = stage.post(DELIVERIES)
    with database_of(stage.site) as connection:
        connection.execute("DELETE FROM site WHERE software = 'fedrse'")
    report(
        "fanout_ed25519", warm.rate(DELIVERIES), "deliveries/s of CPU",
        rsa.rate(DELIVERIES), 2.0, rate=DELIVERIES / warm.seconds,
    )  # fmt: skip


def measure_hanging(stage: Stage, cold: Sent) -> None:
    """Some hosts never answer, half of them not even the handshake."""
    silent = Receiver(stage.files, silent=True)
    deaf = socket.create_server(("127.0.0.1", 0), backlog=1000)  # nobody accepts
    ports = {True: silent.port, False: deaf.getsockname()[1]}
    elsewhere = {
        name: f"https://127.0.0.1:{ports[number % 2 == 0]}"
        for number, name in enumerate(NAMES[:HANGING])
    }
    healthy = DELIVERIES - HANGING * PER_HOST
    try:
        stage.configure(elsewhere)
        with stage.serving():
            sent = stage.post(healthy)
    finally:
        silent.stop()
        deaf.close()
        stage.configure({})
    share = healthy / DELIVERIES
    report(
        "fanout_hanging", sent.seconds, "s", cold.seconds * share, 1.15, higher=False,
        cpu_ratio=sent.cpu / (cold.cpu * share), delay=sent.delay,
    )  # fmt: skip


def measure_shared(stage: Stage) -> None:
    """One shared inbox per host: 200 deliveries for all. Without a bar."""
    limit = rsa_per_cpu()
    with database_of(stage.site) as connection:
        connection.execute(
            "UPDATE account SET shared_inbox = 'https://' || host || '/inbox' WHERE NOT local"
        )
    with stage.serving():
        cold, warm = stage.post(HOSTS), stage.post(HOSTS)
    for name, sent in (("fanout_shared_cold", cold), ("fanout_shared_warm", warm)):
        report(name, sent.rate(HOSTS), "deliveries/s of CPU", limit, 0.0, seconds=sent.seconds)


def main() -> None:
    """Prints the figures."""
    with (
        make_certificates(("localhost", "*.peers.test")) as files,
        tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder,
    ):
        stage = Stage(Path(folder) / "lyon", files)
        try:
            cold, warm = measure_own_inboxes(stage)
            measure_ed25519(stage, warm)
            measure_hanging(stage, cold)  # after it, deliveries to some hosts wait
            measure_shared(stage)
        finally:
            stage.close()


if __name__ == "__main__":
    main()
