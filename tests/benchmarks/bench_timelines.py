"""Timelines, notifications, profiles and threads: 32 connections, 50 readers in turn.

All as for home: 10,000 posts, pages of 20 posts, a new post every 100 ms. Threads have 50 answers.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence

from fedrse.features.notifications.model import Kind, group_key_of
from tests.benchmarks.bench_home import SMALL, Measured, Paths, first_pages, measure
from tests.benchmarks.measure import report, yardstick
from tests.benchmarks.stage import Stage, database_of, insert, make_stage
from tests.sites.person import Person

BAR = 0.12
ANSWERS = 50
THREADS = 10
MEMBERS = 20  # of each list
TOLD = 100  # notifications of each reader
TAGGED = 3  # every third post has the tag
TAG = "projet"
KINDS = (Kind.FAVOURITE, Kind.FAVOURITE, Kind.FAVOURITE, Kind.REBLOG, Kind.MENTION, Kind.FOLLOW)


def furnish(stage: Stage) -> dict[str, Paths]:
    """Adds tags, lists, notifications and threads; the addresses to ask for by name."""
    with database_of(stage.site) as connection:
        posts = connection.execute("SELECT id, account_id FROM post ORDER BY id").fetchall()
        _add_tag(connection, [post for post, _ in posts[::TAGGED]])
        followed = {
            int(one.id): _column(
                connection, "SELECT target_id FROM follow WHERE account_id = ?", one
            )
            for one in stage.readers
        }
        for place, reader in enumerate(stage.readers):
            _add_list(connection, place, reader, followed[int(reader.id)][:MEMBERS])
            _tell(connection, reader, followed[int(reader.id)], [post for post, _ in posts[-600:]])
        roots = [_make_thread(connection, posts[at * 60 :][: ANSWERS + 1]) for at in range(THREADS)]

    def each(path: Callable[[int, Person], str]) -> Paths:
        return {one.username: path(place, one) for place, one in enumerate(stage.readers)}

    return {
        "home": first_pages(stage),
        "public": each(lambda *_: "/api/v1/timelines/public?limit=20"),
        "tag": each(lambda *_: f"/api/v1/timelines/tag/{TAG}?limit=20"),
        "list": each(lambda place, _: f"/api/v1/timelines/list/{_list_id(place)}?limit=20"),
        "notifications": each(lambda *_: "/api/v1/notifications?limit=20"),
        "notifications_grouped": each(lambda *_: "/api/v2/notifications?limit=20"),
        "account_statuses": each(
            lambda place, one: (
                f"/api/v1/accounts/{followed[int(one.id)][place % 40]}/statuses?limit=20"
            )
        ),
        "context": each(lambda place, _: f"/api/v1/statuses/{roots[place % THREADS]}/context"),
    }


def _column(connection: sqlite3.Connection, sql: str, reader: Person) -> list[int]:
    return [int(row[0]) for row in connection.execute(sql, (int(reader.id),))]


def _add_tag(connection: sqlite3.Connection, posts: Sequence[int]) -> None:
    insert(connection, "tag", [{"id": 1, "name": TAG, "display": TAG}])
    insert(connection, "post_tag", [{"tag_id": 1, "post_id": post} for post in posts])


def _list_id(place: int) -> int:
    return 1000 + place


def _add_list(
    connection: sqlite3.Connection, place: int, reader: Person, members: Sequence[int]
) -> None:
    row = {
        "id": _list_id(place),
        "account_id": int(reader.id),
        "title": "Colleagues",
        "replies_policy": "list",
        "exclusive": False,
        "created_at": 0,
    }
    insert(connection, "user_list", [row])
    rows = [{"list_id": row["id"], "account_id": member} for member in members]
    insert(connection, "list_member", rows)


def _tell(
    connection: sqlite3.Connection, reader: Person, people: Sequence[int], recent: Sequence[int]
) -> None:
    """Likes and boosts of a few own posts, mentions in posts of others, followers."""
    me, now = int(reader.id), int(time.time() * 1000)
    own = _column(connection, "SELECT id FROM post WHERE account_id = ? ORDER BY id DESC", reader)
    rows = []
    for number in range(TOLD):
        kind = KINDS[number % len(KINDS)]
        created = now - (TOLD - number) * 1_800_000
        identifier = (created << 16) + me % 50_000
        about = None if kind is Kind.FOLLOW else own[number // 10 % len(own)]
        if kind is Kind.MENTION:
            about = recent[number]
        row = {
            "id": identifier,
            "account_id": me,
            "kind": kind.value,
            "from_id": people[number % len(people)],
            "post_id": about,
            "once": str(identifier),
            "created_at": created,
            "group_key": group_key_of(kind, about, created, identifier),
        }
        rows.append(row)
    insert(connection, "notification", rows)


def _make_thread(connection: sqlite3.Connection, posts: Sequence[tuple[int, int]]) -> int:
    """The first of these posts is answered by the others, some of which answer one another."""
    root = posts[0][0]
    for place, (post, _) in enumerate(posts[1:], start=1):
        parent, author = posts[place - 1 if place % 3 else 0]
        connection.execute(
            "UPDATE post SET thread_id = ?, reply_to_id = ?, reply_to_account_id = ? WHERE id = ?",
            (root, parent, author, post),
        )
    return root


def main() -> None:
    """Prints the figures."""
    with make_stage(SMALL) as stage:
        addresses = furnish(stage)
        with stage.serving():
            for name, paths in addresses.items():
                with yardstick() as bare:
                    found = measure(stage, paths, bare=bare)
                    _tell_ratio(name, found, bare.per_cpu)


def _tell_ratio(name: str, found: Measured, bare: float) -> None:
    more = {"rate": found.rate, "cpu_ms": found.cpu, "bytes": found.size}
    report(f"page_{name}", found.per_cpu, "requests/s of CPU", bare, BAR, **more)


if __name__ == "__main__":
    main()
