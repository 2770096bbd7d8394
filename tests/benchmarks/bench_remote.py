"""From looking somebody of another site up until an app shows them as their own site does.

Nobody here has heard of them: profile, numbers, twenty posts and pinned ones have to be fetched.
"""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.measure import CLIENT_CORE, SERVER_CORE, report
from tests.benchmarks.stage import start_on, text
from tests.sites.group import make_group
from tests.sites.person import Person

AUTHORS = 12
POSTS = 20  # as many as a page has
PINNED = (2, 9, 17)
FOLLOWERS = 3
PATIENCE = 20.0
LOOKS = 0.01  # seconds between two looks
MILLISECONDS = 1000.0
PROFILE = ("display_name", "note", "locked", "bot", "discoverable")
COUNTS = ("followers_count", "following_count", "statuses_count")


class App:
    """A kept connection of one person."""

    def __init__(self, person: Person) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", person.site.port)
        self._headers = {"Authorization": f"Bearer {person.token}", "Host": person.site.peer}

    def get(self, path: str, **query: object) -> Any:
        self._connection.request("GET", f"{path}?{urlencode(query)}", headers=self._headers)
        return json.loads(self._connection.getresponse().read())

    def seen(self, account: str) -> dict[str, object]:
        """What a profile shows: who it is, numbers, posts and pinned posts."""
        base = f"/api/v1/accounts/{account}"
        found = self.get(base)
        shown: dict[str, object] = {name: found[name] for name in PROFILE + COUNTS}
        fields = [(one["name"], one["value"]) for one in found["fields"]]
        for name, query in (("posts", {"limit": POSTS}), ("pinned", {"pinned": "true"})):
            statuses = self.get(f"{base}/statuses", **query)
            # Those of one second stand in any order: that is how exactly sites tell the time.
            shown[name] = sorted(
                (one["created_at"][:19], one["uri"], one["content"]) for one in statuses
            )
        return shown | {"fields": fields}


def furnish(author: Person, followers: list[Person]) -> None:
    """Posts, pinned posts, a profile and followers."""
    profile = {
        "display_name": f"{author.username.title()} of the plant",
        "note": text(20),
        "discoverable": True,
        "fields_attributes": {"0": {"name": "Team", "value": "Quality"}},
    }
    author.call("PATCH", "/api/v1/accounts/update_credentials", profile)
    posts = [author.write(f"{text(40)} {number}") for number in range(POSTS)]
    for number in PINNED:
        author.call("POST", f"/api/v1/statuses/{posts[number]['id']}/pin")
    for follower in followers:
        follower.call("POST", f"/api/v1/accounts/{author.id}/follow")


def look_up(reader: App, author: Person, expected: dict[str, object]) -> float:
    """Seconds until everything is there."""
    started = time.perf_counter()
    query = {"q": f"@{author.handle}", "type": "accounts", "resolve": "true"}
    people = reader.get("/api/v2/search", **query)["accounts"]
    (account,) = [one["id"] for one in people if one["acct"] == author.handle]
    while (shown := reader.seen(account)) != expected:
        if time.perf_counter() - started > PATIENCE:
            missing = {name: (shown[name], what) for name, what in expected.items()}
            wrong = {name: pair for name, pair in missing.items() if pair[0] != pair[1]}
            raise RuntimeError(f"{author.handle} is shown otherwise: {wrong!r:.2000}")
        time.sleep(LOOKS)
    return time.perf_counter() - started


def main() -> None:
    """Prints the figure."""
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        domains = {"federation": {"allowed_hosts": ["lyon.test", "nantes.test"]}}
        group = make_group(Path(folder), 2, start=False, extra=domains)
        here, there = group
        for site, core in ((here, SERVER_CORE), (there, CLIENT_CORE)):
            start_on(site, core)
        try:
            authors = there.create(*(f"author{number}" for number in range(AUTHORS + 1)))
            followers = there.create(*(f"follower{number}" for number in range(FOLLOWERS)))
            reader = App(here.create("reader")[0])
            for author in authors:
                furnish(author, followers)
            expected = {one.username: App(one).seen(one.id) for one in authors}
            times = [look_up(reader, one, expected[one.username]) * 1000 for one in authors]
        finally:
            group.stop()
    times = sorted(times[1:])  # the first one makes the sites know each other
    report(
        "remote_person", statistics.median(times), "ms", MILLISECONDS, 1.0, higher=False,
        worst_ms=times[-1], posts=POSTS, pinned=len(PINNED),
    )  # fmt: skip


if __name__ == "__main__":
    main()
