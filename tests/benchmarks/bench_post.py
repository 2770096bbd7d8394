"""Posting: at one connection and at eight, by somebody with 2 followers and with 2,000."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.measure import check, load, report, yardstick
from tests.benchmarks.stage import Stage, database_of, follow_rows, insert, make_stage, text
from tests.sites.person import Person

SECONDS = 1.0
ROUNDS = 5
STORED = 10_000
FEW, MANY = 2, 2000
TOLERANCE = 1.15  # two measurements of the same differ by so much


def sync_time(samples: int = 200) -> float:
    """Milliseconds that one small write with sync takes here, at the median."""
    times = []
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        handle = os.open(Path(folder) / "file", os.O_WRONLY | os.O_CREAT)
        try:
            for _ in range(samples):
                os.write(handle, b"x" * 4096)
                started = time.perf_counter()
                os.fdatasync(handle)
                times.append(time.perf_counter() - started)
        finally:
            os.close(handle)
    return statistics.median(times) * 1000


def requests_of(stage: Stage, author: Person) -> list[bytes]:
    """Posts of the usual length, each another text."""
    return [
        stage.post("/api/v1/statuses", author, {"status": f"{text(30)} {number}"})
        for number in range(300)
    ]


class Measured(NamedTuple):
    """Posts per second; milliseconds of a post at the median, and of the processor."""

    rate: float
    median: float
    cpu: float


def measure(
    stage: Stage,
    authors: Sequence[Person],
    connections: int,
    between: Callable[[], object] = lambda: None,
) -> list[Measured]:
    """Some rounds of posts, by these people in turn: the machine changes its pace meanwhile.

    Before each round ``between`` looks at what they are compared with.
    """
    requests = [requests_of(stage, one) for one in authors]
    for some in requests:
        load(stage.site.port, some, connections=connections, count=50)
    stage.site.settled()
    results: list[list[Any]] = [[] for _ in authors]
    used = [0.0 for _ in authors]
    for _ in range(ROUNDS):
        between()
        for place, some in enumerate(requests):
            before = stage.cpu
            result = load(stage.site.port, some, connections=connections, seconds=SECONDS)
            stage.site.settled()  # words to index belong to whom they are from
            used[place] += stage.cpu - before
            check(result)
            results[place].append(result)
    return [_summary(*both) for both in zip(results, used, strict=True)]


def _summary(results: Sequence[Any], used: float) -> Measured:
    return Measured(
        statistics.fmean(result["rate"] for result in results),
        statistics.median(result["median"] for result in results),
        used / sum(result["count"] for result in results) * 1000,
    )


def add_followers(connection: sqlite3.Connection, stage: Stage, author: Person, count: int) -> None:
    """People of this site who follow ``author`` and nobody else, as the product stores them."""
    base = (int(time.time() * 1000) - 3_600_000 << 16) + count  # two calls never overlap
    site, ids = stage.site, [base + number for number in range(count)]
    now = base >> 16
    people = [
        {
            "id": identifier,
            "uri": f"{site.base_url}/ap/u/{identifier}",
            "local": True,
            "host": site.peer,
            "username": f"f{identifier}",
            "username_key": f"f{identifier}",
            "domain": site.domain,
            "kind": "Person",
            "inbox": f"{site.base_url}/ap/u/{identifier}/inbox",
            "created_at": now,
            "updated_at": now,
        }
        for identifier in ids
    ]
    insert(connection, "account", people)
    pairs = [(identifier, int(author.id)) for identifier in ids]
    insert(connection, "follow", follow_rows(site, pairs))
    connection.execute(
        "UPDATE account SET followers_count = :n, local_followers_count = :n WHERE id = :id",
        {"n": count, "id": int(author.id)},
    )
    if count > FEW:  # more than timelines are copied to
        insert(connection, "pulled_author", [{"account_id": int(author.id)}])
        sources = [{"account_id": a, "author_id": b, "since": base} for a, b in pairs]
        insert(connection, "home_source", sources)


def main() -> None:
    """Prints the figures."""
    syncs: list[float] = []

    def look_at_both() -> None:
        alone.look()
        syncs.append(sync_time())

    with make_stage(STORED, followed=0) as stage:
        few, many = stage.readers[:2]
        with database_of(stage.site) as connection:
            add_followers(connection, stage, few, FEW)
            add_followers(connection, stage, many, MANY)
        with stage.serving():
            with yardstick(connections=1) as alone:
                [one] = measure(stage, [few], 1, look_at_both)
            with yardstick() as bare:
                eight, popular = measure(stage, [few, many], 8, bare.look)
    bare_ms, sync = alone.median, statistics.median(syncs)
    report(
        "post_median", one.median, "ms", 12 * bare_ms + sync, 1.0, higher=False,
        bare_ms=bare_ms, sync_ms=sync, cpu_ms=one.cpu,
    )  # fmt: skip
    report(
        "post_8", 1000 / eight.cpu, "posts/s of CPU", bare.per_cpu, 0.04,
        rate=eight.rate, bare_rate=bare.rate, cpu_ms=eight.cpu,
    )  # fmt: skip
    report("post_8_against_1", eight.rate, "posts/s", one.rate, 2.0)
    report(
        "post_2000_followers", popular.cpu, "ms CPU", eight.cpu, TOLERANCE,
        higher=False, rate=popular.rate,
    )  # fmt: skip


if __name__ == "__main__":
    main()
