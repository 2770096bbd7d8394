"""From a post on one site until it is visible in a home timeline of another."""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.measure import CLIENT_CORE, SERVER_CORE, report
from tests.benchmarks.stage import start_on
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.waiting import until

SAMPLES = 60
PATIENCE = 10.0
PAUSE = 0.05
LOOKS = 0.002  # seconds between two looks: without rest they would only measure themselves
HOME = "/api/v1/timelines/home?limit=1"


class Line:
    """A kept connection of one person, as an app has it."""

    def __init__(self, person: Person) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", person.site.port)
        self._headers = {"Authorization": f"Bearer {person.token}", "Host": person.site.peer}

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers=self._headers)
        return self._connection.getresponse().read()

    def write(self, text: str) -> str:
        """Posts; returns the address."""
        headers = self._headers | {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/statuses", json.dumps({"status": text}), headers)
        return str(json.loads(self._connection.getresponse().read())["uri"])


def main() -> None:
    """Prints the figure."""
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        # Handles have other names than the sites: those names may be asked, too.
        domains = {"federation": {"allowed_hosts": ["lyon.test", "nantes.test"]}}
        group = make_group(Path(folder), 2, start=False, extra=domains)
        here, there = group
        for site, core in ((here, SERVER_CORE), (there, CLIENT_CORE)):
            start_on(site, core)
        author, reader = here.create("author")[0], there.create("reader")[0]
        try:
            until(lambda: reader.find(f"@{author.handle}"), "the sites find each other")
            reader.follow(author)
            times = sorted(_times(author, reader))
        finally:
            group.stop()
    report(
        "post_to_other_site", statistics.median(times) * 1000, "ms", 15.0, 1.0, higher=False,
        p90=times[len(times) * 9 // 10] * 1000,
    )  # fmt: skip


def _times(author: Person, reader: Person) -> list[float]:
    writes, reads = Line(author), Line(reader)
    found = []
    for number in range(SAMPLES + 5):
        started = time.perf_counter()
        uri = json.dumps(writes.write(f"Bonjour {number}")).encode()
        while uri not in reads.get(HOME):
            if time.perf_counter() - started > PATIENCE:
                raise RuntimeError("the post does not arrive")
            time.sleep(LOOKS)
        found.append(time.perf_counter() - started)
        time.sleep(PAUSE)
    return found[5:]  # the first ones open connections


if __name__ == "__main__":
    main()
