"""Sites for benchmarks: filled straight in their database, served by one process on one core.

Everything that a request has to go through is on; only rate limits are off, which would end the
measurement. What is stored looks like the real thing: texts of usual length, many authors of this
site and others, follows, home timelines.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.certificates import Certificates
from tests.benchmarks.measure import CLIENT_CORE, SERVER_CORE, cpu_of, request_bytes, wait_for_port
from tests.sites.person import Person
from tests.sites.remote_signing import Key
from tests.sites.site import Site, free_port

READERS = 50
STRANGERS = 150  # authors of other sites
FOLLOWED = 40  # authors that each reader follows
HOSTS = tuple(f"remote{number}.test" for number in range(10))
Tree = Mapping[str, Mapping[str, object]]
_WORDS = [
    *("réunion", "projet", "équipe", "livraison", "client", "budget", "planning", "atelier"),
    *("usine", "qualité", "report", "team", "schedule", "quarter", "customer", "release", "plant"),
    *("safety", "training", "travel", "the", "and", "for", "with", "tomorrow"),
]
_random = random.Random(7)  # the same data in every run


def text(words: int = 60) -> str:
    """Some words, about seven characters each."""
    return " ".join(_random.choices(_WORDS, k=words))


@dataclass(frozen=True)
class RemoteAuthor:
    """Somebody of another site who is known here, with the key that signs for them."""

    id: int
    uri: str
    host: str
    key: Key


@dataclass
class Stage:
    """A site with people, posts and follows."""

    site: Site
    readers: list[Person]
    strangers: list[RemoteAuthor]
    tls: bool = False

    def get(self, path: str, reader: Person) -> bytes:
        """A complete request of this reader."""
        return request_bytes("GET", path, {"Authorization": f"Bearer {reader.token}"})

    def post(self, path: str, reader: Person, data: Mapping[str, object]) -> bytes:
        """A complete request with a JSON body."""
        headers = {
            "Authorization": f"Bearer {reader.token}",
            "Content-Type": "application/json",
        }
        return request_bytes("POST", path, headers, json.dumps(data).encode())

    @contextlib.contextmanager
    def serving(self, core: int = SERVER_CORE) -> Iterator[None]:
        """Runs the one process of this site, with all its threads, on one core."""
        start_on(self.site, core, tls=self.tls)
        try:
            yield
        finally:
            self.site.stop()

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the process has used."""
        return cpu_of(self.site.pids[0])


def start_on(site: Site, core: int, *, tls: bool = False) -> None:
    """Starts a process that inherits where it may run."""
    os.sched_setaffinity(0, {core})
    try:
        if tls:
            _start_tls(site)
        else:
            site.start()
    finally:
        os.sched_setaffinity(0, {CLIENT_CORE})


def _start_tls(site: Site) -> None:
    """Like ``Site.start``, which asks over plain http whether the site is ready."""
    command = [sys.executable, "-m", "fedrse", "--config", str(site.configuration), "serve"]
    with site.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    site._processes.append(process)
    wait_for_port(site.port)


@contextlib.contextmanager
def make_stage(
    posts: int,
    *,
    readers: int = READERS,
    extra: Tree | None = None,
    followed: int = FOLLOWED,
    certificates: Certificates | None = None,
) -> Iterator[Stage]:
    """A site that is not running yet; its folder lives as long as the context.

    Each reader follows ``followed`` authors. ``certificates`` are for TLS.
    """
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        site = Site(name="lyon", folder=Path(folder) / "lyon", port=free_port())
        settings = _settings(extra)
        if certificates is not None:
            files = {"tls_certificate": certificates.chain, "tls_key": certificates.key}
            settings["server"] = {name: str(path) for name, path in files.items()}
            settings["site"] = {"base_url": f"https://{site.peer}"}
        site.configure([site], extra=settings)
        people = site.create(*(f"reader{number}" for number in range(readers)))
        with database_of(site) as connection:
            strangers = _add_strangers(connection)
            authors = [int(person.id) for person in people] + [one.id for one in strangers]
            _add_posts(connection, site, people, strangers, posts)
            _add_follows(connection, site, [int(person.id) for person in people], authors, followed)
            _fill_homes(connection)
        yield Stage(site, people, strangers, certificates is not None)


def _settings(extra: Tree | None) -> dict[str, dict[str, object]]:
    values: dict[str, dict[str, object]] = {
        "federation": {"allowed_hosts": list(HOSTS)},
        "outgoing": {"connect": dict.fromkeys(HOSTS, "http://127.0.0.1:9")},
        "log": {"level": "warning"},
    }
    for section, keys in (extra or {}).items():
        values.setdefault(section, {}).update(keys)
    return values


@contextlib.contextmanager
def database_of(site: Site) -> Iterator[sqlite3.Connection]:
    """The database of a site that does not run, without syncs."""
    with contextlib.closing(sqlite3.connect(site.folder / "fedrse.db")) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-200000")
        yield connection
        connection.commit()
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Adds rows that all have the same columns."""
    if rows:
        names = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)


def add_stranger(connection: sqlite3.Connection, number: int, host: str, key: Key) -> RemoteAuthor:
    """Somebody of another site with a public key, as if fetched just now."""
    now = int(time.time() * 1000)
    uri = key.owner
    name = f"stranger{number}"
    row = {
        "id": (now - 86_400_000 << 16) + number,
        "uri": uri,
        "local": False,
        "host": host,
        "username": name,
        "username_key": name,
        "domain": host,
        "kind": "Person",
        "display_name": f"Stranger {number}",
        "note": f"<p>{text(20)}</p>",
        "url": f"http://{host}/@{name}",
        "inbox": f"{uri}/inbox",
        "shared_inbox": f"http://{host}/inbox",
        "outbox": f"{uri}/outbox",
        "followers_uri": f"{uri}/followers",
        "created_at": now,
        "updated_at": now,
        "fetched_at": now,
    }
    insert(connection, "account", [row])
    public = {
        "id": key.id,
        "account_id": row["id"],
        "algorithm": "rsa-sha256",
        "public": key.pem,
        "created_at": now,
        "fetched_at": now,
    }
    insert(connection, "actor_key", [public])
    return RemoteAuthor(int(row["id"]), uri, host, key)


def _add_strangers(connection: sqlite3.Connection) -> list[RemoteAuthor]:
    pair = Key.rsa("http://nobody.test/users/nobody")  # making keys is slow: all share one
    found = []
    for number in range(STRANGERS):
        host = HOSTS[number % len(HOSTS)]
        uri = f"http://{host}/users/stranger{number}"
        key = Key(f"{uri}#main-key", uri, pair.private)
        found.append(add_stranger(connection, number, host, key))
    return found


def _add_posts(
    connection: sqlite3.Connection,
    site: Site,
    people: list[Person],
    strangers: list[RemoteAuthor],
    count: int,
) -> None:
    """Posts of everybody in turn, one every ten minutes up to now."""
    start = int(time.time() * 1000) - count * 600_000
    authors = [(int(one.id), one.uri, True) for one in people]
    authors += [(one.id, one.uri, False) for one in strangers]
    _random.shuffle(authors)
    texts = [text() for _ in range(500)]
    rows = []
    for number in range(count):
        author, uri, local = authors[number % len(authors)]
        created = start + number * 600_000
        identifier = (created << 16) + number % 4096
        address = f"{uri}/posts/{identifier}"
        if local:
            address = f"{site.base_url}/ap/n/{identifier}"
        rows.append(
            {
                "id": identifier,
                "uri": address,
                "url": address,
                "account_id": author,
                "local": local,
                "kind": "note",
                "audience": "network",
                "content": f"<p>{texts[number % 500]} {number}</p>",
                "language": "fr",
                "created_at": created,
                "received_at": created,
                "thread_id": identifier,
                "conversation": f"{address}#context",
            }
        )
    insert(connection, "post", rows)


def follow_rows(site: Site, pairs: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Accepted follows, from whom to whom."""
    base = (int(time.time() * 1000) - 86_400_000 << 16) + pairs[0][1] % 50_000 if pairs else 0
    return [
        {
            "id": base + number,
            "account_id": reader,
            "target_id": author,
            "uri": f"{site.base_url}/ap/f/{base + number}",
            "accepted": True,
            "local": True,
            "created_at": base >> 16,
        }
        for number, (reader, author) in enumerate(pairs)
    ]


def _add_follows(
    connection: sqlite3.Connection, site: Site, readers: list[int], authors: list[int], each: int
) -> None:
    pairs = []
    for reader in readers:
        others = [author for author in authors if author != reader]
        # Everybody reads the first one, who writes during the measurement.
        chosen = _random.sample(others, min(each, len(others)))
        if each and reader != readers[0] and readers[0] not in chosen:
            chosen[0] = readers[0]
        pairs += [(reader, author) for author in chosen]
    insert(connection, "follow", follow_rows(site, pairs))
    for column, key in (("followers_count", "target_id"), ("following_count", "account_id")):
        connection.execute(
            f"UPDATE account SET {column} ="
            f" (SELECT count(*) FROM follow WHERE {key} = account.id AND accepted)"
        )
    connection.execute("UPDATE account SET local_followers_count = followers_count")


def _fill_homes(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO home_entry (account_id, post_id)"
        " SELECT follow.account_id, post.id FROM post"
        " JOIN follow ON follow.target_id = post.account_id"
        " UNION SELECT account.id, post.id FROM post JOIN account ON account.id = post.account_id"
        " WHERE account.local"
    )
