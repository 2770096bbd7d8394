"""One site as several processes on one PostgreSQL: they start, work, stop and die together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.sites.group import Group, make_group
from tests.sites.person import Person
from tests.sites.site import Site, free_port
from tests.sites.waiting import until
from tests.sites.web import request

pytestmark = pytest.mark.sites
STOP_SECONDS = 15
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
Start = Callable[..., "Process"]


class Process:
    """``fedrse serve`` or ``worker`` of a site, on a port of its own if it listens."""

    def __init__(self, site: Site, *command: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self._site = site
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FEDRSE_")}
        environment["FEDRSE_SERVER__LISTEN"] = f"127.0.0.1:{self.port}"
        with site.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "fedrse", "--config", str(site.configuration), *command],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def answers(self) -> bool:
        try:
            return request(f"http://localhost:{self.port}/health/ready").status == 200
        except OSError:
            return False

    def ready(self) -> Process:
        def is_ready() -> bool:
            assert self.popen.poll() is None, self._site.last_words()
            return self.answers()

        until(is_ready, self._site.last_words, seconds=60)
        return self

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.popen.terminate()
        return self.popen.wait(STOP_SECONDS)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def of(self, person: Person) -> Person:
        """The same person, whose app talks to this process."""
        return replace(person, site=replace(person.site, port=self.port))


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Process] = []

    def start_one(site: Site, *command: str, port: int | None = None) -> Process:
        started.append(Process(site, *command, port=port))
        return started[-1]

    yield start_one
    for process in started:
        if process.popen.poll() is None:
            process.kill()


@pytest.fixture
def pair(postgres_server: str, tmp_path: Path) -> Iterator[Group]:
    """Two member sites, of which nothing runs yet."""
    extra = {"log": {"requests": True}}
    made = make_group(tmp_path, 2, postgres=postgres_server, extra=extra, start=False)
    yield made
    made.stop()


def execute(site: Site, sql: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(site.database)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(run())


def owners(site: Site) -> list[str]:
    """The processes that have a number for their ids."""
    rows = site.rows("SELECT owner FROM lease WHERE name LIKE 'node:%' ORDER BY name")
    return [str(row[0]) for row in rows]


def pids(site: Site) -> set[int]:
    return {int(owner.partition("-")[0]) for owner in owners(site)}


def leases_end(site: Site) -> None:
    """As if minutes had passed: nobody extends what a dead process had."""
    for table in ("job", "destination"):
        execute(site, f"UPDATE {table} SET lease_until = 0")
    site.time_passes()


def counted(site: Site, sql: str) -> Counter[Any]:
    return Counter(row[0] for row in site.rows(sql))


def test_processes_that_start_together_make_one_site(pair: Group, start: Start) -> None:
    lyon = pair[0]
    execute(lyon, EMPTY)

    serving = [start(lyon, "serve"), start(lyon, "serve")]
    worker = start(lyon, "worker")
    for process in serving:
        process.ready()
    until(lambda: len(owners(lyon)) == 3, lyon.last_words)

    assert pids(lyon) == {process.popen.pid for process in (*serving, worker)}
    assert lyon.value("SELECT count(*) FROM account WHERE local") == 1
    kinds = counted(lyon, "SELECT kind FROM job WHERE failed_at IS NULL AND kind LIKE 'sites.%'")
    assert kinds.total() <= 1  # made once for all; it may have run by now
    assert [process.stop() for process in (*serving, worker)] == [0, 0, 0]
    assert owners(lyon) == []  # their numbers are free for the next ones


def test_processes_share_work_and_do_nothing_twice(pair: Group, start: Start) -> None:
    lyon, nantes = pair
    author, reader = lyon.newcomer(), nantes.newcomer()
    first = start(lyon, "serve", port=lyon.port).ready()
    second = start(lyon, "serve").ready()
    start(lyon, "worker")
    nantes.start()
    reader.follow(author)
    writers = [first.of(author), second.of(author)]

    def write(number: int) -> str:
        return str(writers[number % 2].write(f"number {number}")["uri"])

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(24)))
    until(lambda: {status["uri"] for status in reader.home()} >= set(written), "all arrive")
    answers = [reader.write(f"answer to {uri}") for uri in written[:12]]
    likes = [reader.on(status, "favourite") for status in reader.home() if status["uri"] in written]
    assert (len(answers), len(likes)) == (12, 24)
    pair.settled()

    sent = nantes.value("SELECT count(*) FROM inbox_message")
    lines = nantes.log.read_text().splitlines()
    asked = [line for line in lines if "method=POST" in line and "/inbox " in line]
    assert sent > 24
    assert len(asked) == sent  # no message was sent by two processes
    notified = lyon.rows("SELECT post_id FROM notification WHERE kind = 'favourite'")
    assert len(notified) == len(set(notified)) == 24
    assert len(set(lyon.rows("SELECT id FROM post"))) == 36


def test_a_change_in_one_process_is_seen_in_the_others(pair: Group, start: Start) -> None:
    lyon = pair[0]
    author = lyon.newcomer()
    first, second = start(lyon, "serve").ready(), start(lyon, "serve").ready()
    here, there = first.of(author), second.of(author)
    status = here.write("before")
    for side in (here, there):  # from now on both remember it
        assert "before" in side.status(status["id"])["content"]
        assert side.status(status["id"])["account"]["display_name"] != "Renamed"

    here.call("PUT", f"/api/v1/statuses/{status['id']}", {"status": "after"})
    there.call("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "Renamed"})

    until(lambda: "after" in there.status(status["id"])["content"], "the edit")
    shown = [here, there]
    until(
        lambda: all(
            side.status(status["id"])["account"]["display_name"] == "Renamed" for side in shown
        ),
        "the name",
    )
    here.delete(status)
    until(lambda: there.answer("GET", f"/api/v1/statuses/{status['id']}").status == 404)


def test_the_others_hear_again_after_the_database_cut_them_off(pair: Group, start: Start) -> None:
    lyon = pair[0]
    author = lyon.newcomer()
    first, second = start(lyon, "serve").ready(), start(lyon, "serve").ready()
    here, there = first.of(author), second.of(author)
    execute(
        lyon,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    until(first.answers)
    until(second.answers)
    listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    listening += " AND query IN ('SELECT 1') OR query LIKE 'LISTEN%'"
    until(lambda: lyon.value(listening) >= 2, "both listen again")

    status = until(lambda: here.write("before"), "writes again")
    assert "before" in there.status(status["id"])["content"]
    here.call("PUT", f"/api/v1/statuses/{status['id']}", {"status": "after"})
    until(lambda: "after" in there.status(status["id"])["content"], "the edit")


def test_the_others_take_over_from_a_killed_process(pair: Group, start: Start) -> None:
    lyon, nantes = pair
    author, reader = lyon.newcomer(), nantes.newcomer()
    nantes.start()
    first = start(lyon, "serve", port=lyon.port).ready()
    reader.follow(author)
    nantes.kill()
    written = [author.write(f"number {number}")["uri"] for number in range(5)]
    second = start(lyon, "serve").ready()

    first.kill()
    nantes.start()
    leases_end(lyon)

    until(lambda: {status["uri"] for status in reader.home()} >= set(written), "all arrive")
    assert "number 4" in second.of(author).status(author_status(second, author))["content"]
    assert second.stop() == 0


def author_status(process: Process, author: Person) -> str:
    statuses = process.of(author).get(f"/api/v1/accounts/{author.id}/statuses")
    return str(statuses[0]["id"])


def test_workers_are_replaced_and_stop_together(pair: Group, start: Start) -> None:
    lyon = pair[0]
    supervisor = start(lyon, "serve", "--workers", "2").ready()
    until(lambda: len(owners(lyon)) == 2, lyon.last_words)
    before = pids(lyon)
    assert supervisor.popen.pid not in before

    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(pids(lyon) - before) == 1, "another one", seconds=60)
    until(supervisor.answers)

    assert supervisor.stop() == 0
    assert pids(lyon) == {min(before)}  # the killed one could not give its number back
    assert not supervisor.answers()


def test_workers_end_with_their_supervisor(pair: Group, start: Start) -> None:
    lyon = pair[0]
    supervisor = start(lyon, "serve", "--workers", "2").ready()
    until(lambda: len(owners(lyon)) == 2, lyon.last_words)

    supervisor.kill()

    until(lambda: owners(lyon) == [], lyon.last_words)
    assert not supervisor.answers()


def test_workers_that_cannot_start_say_why(pair: Group, start: Start) -> None:
    lyon = pair[0]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(lyon, "serve", "--workers", "2", port=taken.getsockname()[1])

        assert process.popen.wait(60) == 1

    assert "address already in use" in lyon.last_words()
    assert "could not be started" in lyon.last_words()
    assert "Traceback" not in lyon.last_words()
