"""From a like or post on one site until it is on an open page of another, without a reload."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import CLIENT_CORE, SERVER_CORE, report
from tests.benchmarks.stage import start_on
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.streams import Live, live_page
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until

SAMPLES = 30
PATIENCE = 10.0
LOOKS = 0.002
BAR = 1000.0  # milliseconds


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        domains = {"federation": {"allowed_hosts": ["lyon.test", "nantes.test"]}}
        group = make_group(Path(folder), 2, start=False, extra=domains)
        here, there = group
        for site, core in ((here, SERVER_CORE), (there, CLIENT_CORE)):
            start_on(site, core)
        author, reader = here.create("author")[0], there.create("reader")[0]
        try:
            until(lambda: reader.find(f"@{author.handle}"), "the sites find each other")
            until(lambda: author.find(f"@{reader.handle}"), "the sites find each other")
            reader.follow(author)
            author.follow(reader)
            _likes(author, reader)
            _posts(author, reader)
        finally:
            group.stop()


def _likes(author: Person, reader: Person) -> None:
    posts = [author.write(f"Bonjour {number}") for number in range(SAMPLES)]
    far = [reader.arrived(post["uri"]) for post in posts]
    ids = ",".join(post["id"] for post in posts)
    with live_page(signed_in(author), "/live", posts=ids) as page:
        times = [
            _until_heard(page, "totals", partial(reader.on, copy, "favourite")) for copy in far
        ]
    _tell("like_on_open_page", times)


def _posts(author: Person, reader: Person) -> None:
    with live_page(signed_in(reader), "/live", feed="user") as page:
        times = [
            _until_heard(page, "update", partial(author.write, f"Encore {number}"))
            for number in range(SAMPLES)
        ]
    _tell("post_on_open_page", times)


def _until_heard(page: Live, event: str, act: Callable[[], object]) -> float:
    """Seconds from before the act until the page has one more event of this kind."""
    known, started = len(page.events(event)), time.perf_counter()
    act()
    while len(page.events(event)) == known:
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"no {event}")
        time.sleep(LOOKS)
    return time.perf_counter() - started


def _tell(name: str, times: list[float]) -> None:
    slowest = sorted(times)[len(times) * 9 // 10] * 1000
    report(
        name, slowest, "ms (90 %)", BAR, 1.0, higher=False, median=statistics.median(times) * 1000
    )


if __name__ == "__main__":
    main()
