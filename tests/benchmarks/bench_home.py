"""Home timeline: 20 posts, 32 connections, 50 readers in turn, a new post every 100 ms."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import statistics
import threading
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.certificates import make_certificates
from tests.benchmarks.measure import Yardstick, check, load, report, yardstick
from tests.benchmarks.stage import Stage, make_stage
from tests.sites.person import Person

HOME = "/api/v1/timelines/home?limit=20"
SECONDS = 1.5
ROUNDS = 4
PAUSE = 0.1
PAGE = 50
SMALL, LARGE = 10_000, 100_000
Paths = dict[str, str]  # what each reader asks for, by user name


class Measured(NamedTuple):
    """Requests per second; processor milliseconds of the server and bytes of each."""

    rate: float
    cpu: float
    size: float

    @property
    def per_cpu(self) -> float:
        """Requests per second of processor time."""
        return 1000 / self.cpu


class Poster(threading.Thread):
    """Somebody whom everybody reads, who writes a post every 100 ms."""

    def __init__(self, stage: Stage, certificate: str) -> None:
        super().__init__(daemon=True)
        self._stage = stage
        self._certificate = certificate
        self._done = threading.Event()
        self.written = 0
        self.failure: str | None = None

    def run(self) -> None:
        site, author = self._stage.site, self._stage.readers[0]
        connection = http.client.HTTPConnection("localhost", site.port)
        if self._certificate:
            context = ssl.create_default_context(cafile=self._certificate)
            connection = http.client.HTTPSConnection("localhost", site.port, context=context)
        headers = {"Authorization": f"Bearer {author.token}", "Content-Type": "application/json"}
        while not self._done.wait(PAUSE):
            body = json.dumps({"status": f"Une nouvelle pour tous, {self.written}"})
            connection.request("POST", "/api/v1/statuses", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.failure = f"a post was answered with {answer.status}"
                return
            self.written += 1

    def finish(self) -> None:
        self._done.set()
        self.join()
        if self.failure or not self.written:
            raise RuntimeError(self.failure or "nobody wrote anything")


@contextlib.contextmanager
def news(stage: Stage, certificate: str = "") -> Iterator[None]:
    """Meanwhile somebody writes."""
    poster = Poster(stage, certificate)
    poster.start()
    try:
        yield
    finally:
        poster.finish()


def measure(
    stage: Stage, paths: Paths, certificate: str = "", bare: Yardstick | None = None
) -> Measured:
    """Asks for a page of each reader in turn, and looks at the yardstick between."""
    requests = [stage.get(paths[reader.username], reader) for reader in stage.readers]
    load(stage.site.port, requests, seconds=1, tls=certificate)
    used, rates, count, size = 0.0, [], 0, 0
    for _ in range(ROUNDS):
        if bare is not None:
            bare.look()
        with news(stage, certificate):
            before = stage.cpu
            result = load(stage.site.port, requests, seconds=SECONDS, tls=certificate)
            used += stage.cpu - before
        check(result)
        rates.append(result["rate"])
        count += result["count"]
        size += result["bytes"]
    return Measured(statistics.fmean(rates), used / count * 1000, size / count)


def first_pages(stage: Stage) -> Paths:
    """The newest page of everybody."""
    return {reader.username: HOME for reader in stage.readers}


def far_pages(stage: Stage, number: int) -> Paths:
    """The same for page ``number``, reached as an app does it."""
    return {reader.username: _far_page(reader, number) for reader in stage.readers}


def _far_page(reader: Person, number: int) -> str:
    skipped, last = (number - 1) * 20, ""
    while skipped:
        query = {"limit": min(skipped, 40)} | ({"max_id": last} if last else {})
        page = reader.get("/api/v1/timelines/home", **query)
        if len(page) < query["limit"]:
            raise RuntimeError("the timeline is too short")
        skipped -= len(page)
        last = page[-1]["id"]
    return f"{HOME}&max_id={last}"


def main() -> None:
    """Prints the figures."""
    with make_stage(SMALL) as stage, stage.serving(), yardstick() as bare:
        first = measure(stage, first_pages(stage), bare=bare)
        _against_bare("home_10k", first, bare, 0.15)
        far = measure(stage, far_pages(stage, PAGE))
    report("home_page_50", far.cpu, "ms CPU", first.cpu, 1.3, higher=False, rate=far.rate)
    with make_stage(LARGE) as stage, stage.serving():
        large = measure(stage, first_pages(stage))
    report("home_100k", large.cpu, "ms CPU", first.cpu, 1.2, higher=False, rate=large.rate)
    with (
        make_certificates() as certificates,
        make_stage(SMALL, certificates=certificates) as stage,
        stage.serving(),
        yardstick() as bare,
    ):
        found = measure(stage, first_pages(stage), str(certificates.authority), bare)
        _against_bare("home_tls", found, bare, 0.11)


def _against_bare(name: str, found: Measured, bare: Yardstick, bar: float) -> None:
    more = {"rate": found.rate, "bare_rate": bare.rate, "cpu_ms": found.cpu, "bytes": found.size}
    report(name, found.per_cpu, "requests/s of CPU", bare.per_cpu, bar, **more)


if __name__ == "__main__":
    main()
