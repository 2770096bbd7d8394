"""Signed messages: taken in, processed until visible, and follows until their acceptance."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.measure import (
    CLIENT_CORE,
    HERE,
    Yardstick,
    check,
    load,
    report,
    request_bytes,
    yardstick,
)
from tests.benchmarks.stage import HOSTS, RemoteAuthor, Stage, make_stage, text
from tests.sites.remote_signing import cavage
from tests.sites.waiting import until

AS = "https://www.w3.org/ns/activitystreams"
MESSAGES = 6000
PARTS = 10
FOLLOWS = 1500
STORED = 100_000
MINUTE = 60.0


def signed(stage: Stage, author: RemoteAuthor, activity: dict[str, Any]) -> bytes:
    """A complete request to the shared inbox."""
    body = json.dumps({"@context": AS, "actor": author.uri, **activity}).encode()
    headers = cavage(author.key, "POST", f"{stage.site.base_url}/inbox", body)
    return request_bytes("POST", "/inbox", headers, body)


def views(stage: Stage, count: int) -> list[bytes]:
    """Messages that ask for nothing: of a type without a handler."""
    found = []
    for number in range(count):
        author = stage.strangers[number % len(stage.strangers)]
        identifier = f"{author.uri}/views/{number}"
        view = {"id": identifier, "type": "View", "object": author.uri, "summary": text(40)}
        found.append(signed(stage, author, view))
    return found


def notes(stage: Stage, count: int) -> list[bytes]:
    """Creates of public notes with distinct ids."""
    found = []
    for number in range(count):
        author = stage.strangers[number % len(stage.strangers)]
        identifier = f"{author.uri}/fresh/{number}"
        to = {"to": [f"{AS}#Public"], "cc": [f"{author.uri}/followers"]}
        note = {
            "id": identifier,
            "type": "Note",
            "attributedTo": author.uri,
            "content": f"<p>{text(40)}</p>",
            "published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **to,
        }
        activity = {"id": f"{identifier}/create", "type": "Create", "object": note, **to}
        found.append(signed(stage, author, activity))
    return found


def follows(stage: Stage, count: int) -> list[bytes]:
    """Follows of people of this site, each pair once."""
    found = []
    for number in range(count):
        author = stage.strangers[number % len(stage.strangers)]
        target = stage.readers[number // len(stage.strangers)]
        identifier = f"{author.uri}/follows/{number}"
        activity = {"id": identifier, "type": "Follow", "object": target.uri}
        found.append(signed(stage, author, activity))
    return found


def accept_alone(stage: Stage, bare: Yardstick) -> None:
    """Messages that cost nothing more once they are stored."""
    used, elapsed = 0.0, 0.0
    for part in parts(views(stage, MESSAGES)):
        bare.look(0.4)
        before = stage.cpu
        result = load(stage.site.port, part, count=len(part))
        used += stage.cpu - before
        elapsed += len(part) / result["rate"]
        check(result, "202")
    stored = stage.site.value("SELECT count(*) FROM inbox_message WHERE type = 'View'")
    require(stored == MESSAGES, f"{stored} of {MESSAGES} messages are stored")
    more = {"rate": MESSAGES / elapsed, "bare_rate": bare.rate}
    report("intake_accepted", MESSAGES / used, "messages/s of CPU", bare.per_cpu, 0.12, **more)
    stage.site.settled()


def until_visible(stage: Stage, bare: Yardstick) -> None:
    """Notes, until the last of them is in the timelines."""
    counted = "SELECT sum(statuses_count) FROM account"
    posts, of_authors = stage.site.value("SELECT count(*) FROM post"), stage.site.value(counted)
    pending = "SELECT count(*) FROM inbox_message WHERE state IN ('pending', 'fetching')"
    used, elapsed = 0.0, 0.0
    for part in parts(notes(stage, MESSAGES)):
        bare.look(0.4)
        before, started = stage.cpu, time.perf_counter()
        check(load(stage.site.port, part, count=len(part)), "202")
        until(lambda: stage.site.value(pending) == 0, "all is processed", seconds=MINUTE)
        elapsed += time.perf_counter() - started
        used += stage.cpu - before
    new_posts = stage.site.value("SELECT count(*) FROM post") - posts
    new_counted = stage.site.value(counted) - of_authors
    require(new_posts == MESSAGES, f"{new_posts} posts of {MESSAGES} messages")
    require(new_counted == MESSAGES, f"{new_counted} counted of {MESSAGES}")
    require(any("/fresh/" in post["uri"] for post in stage.readers[0].home()), "nobody sees them")
    more = {"rate": MESSAGES / elapsed, "bare_rate": bare.rate}
    report("intake_visible", MESSAGES / used, "messages/s of CPU", bare.per_cpu, 0.05, **more)


def handshakes(stage: Stage, port: int) -> None:
    """Follows, until the last Accept has arrived."""
    requests = follows(stage, FOLLOWS)
    before, started, known = stage.cpu, time.perf_counter(), received(port)
    check(load(stage.site.port, requests, count=FOLLOWS), "202")
    until(lambda: received(port) - known >= FOLLOWS, "Accepts", seconds=MINUTE)
    elapsed, used = time.perf_counter() - started, stage.cpu - before
    stage.site.settled()
    require(received(port) - known == FOLLOWS, "an Accept came twice")
    report(
        "follow_handshakes", FOLLOWS / used, "follows/s of CPU", 500, 1.0, rate=FOLLOWS / elapsed
    )


def parts(requests: list[bytes]) -> list[list[bytes]]:
    """What is sent between two looks at the yardstick."""
    size = MESSAGES // PARTS
    return [requests[start : start + size] for start in range(0, len(requests), size)]


def require(fulfilled: bool, otherwise: str) -> None:
    """A figure of something that went wrong is none."""
    if not fulfilled:
        raise RuntimeError(otherwise)


def received(port: int) -> int:
    """Messages that the receiver has counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as answer:
        return int(answer.read())


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    """Runs the inboxes of all other hosts; the value is their port."""
    command = [sys.executable, str(HERE / "receiver.py"), str(CLIENT_CORE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    """Prints the figures."""
    with receiver() as port:
        connect = dict.fromkeys(HOSTS, f"http://127.0.0.1:{port}")
        with make_stage(STORED, extra={"outgoing": {"connect": connect}}) as stage, stage.serving():
            load(stage.site.port, _warm_up(stage), count=len(stage.strangers))
            with yardstick() as bare:
                accept_alone(stage, bare)
            with yardstick() as bare:
                until_visible(stage, bare)
            handshakes(stage, port)


def _warm_up(stage: Stage) -> list[bytes]:
    """One message of everybody, so that all keys are in memory."""
    return [
        signed(stage, one, {"id": f"{one.uri}/warm", "type": "Listen", "object": one.uri})
        for one in stage.strangers
    ]


if __name__ == "__main__":
    main()
