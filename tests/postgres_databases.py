"""Migrated PostgreSQL databases for tests, emptied and used again.

Creating and dropping one takes a hundred milliseconds, which was half of the time of a whole suite;
emptying what a test has written takes ten.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from fedrse.store.migrate import upgrade

MOST_USES = 100  # then dead rows are worth a new one
LARGE = 500  # rows or pages of a table whose statistics must not mislead the next test

_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_SHAPE = """
SELECT (SELECT string_agg(version_num, ',') FROM alembic_version) || ' '
    || count(*) || ' ' || coalesce(sum(hashtext(c.relname || a.attname || a.atttypid)), 0)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
"""
_IS_LARGE = """
SELECT EXISTS (
    SELECT 1 FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND greatest(reltuples, relpages) > $1
)
"""
_LEFT_OVER = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_USED_SEQUENCES = """
SELECT quote_ident(sequencename) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


def url_of(server: str, name: str) -> str:
    """The URL of a database of this server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def execute(url: str, sql: str) -> None:
    """Runs one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


class PostgresDatabases:
    """Databases with the newest schema and nothing in it, on one server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._template = ""
        self._free: list[tuple[str, int]] = []  # names, and how often they were used
        self._uses: dict[str, int] = {}
        self._look = ""
        self._shape = ""

    async def take(self) -> str:
        """The URL of one that nobody else uses."""
        if self._free:
            name, uses = self._free.pop()
        else:
            name, uses = f"t{secrets.token_hex(6)}", 0
            source = await self.template()
            await execute(self._server, f"CREATE DATABASE {name} TEMPLATE {source}")
        self._uses[name] = uses + 1
        return url_of(self._server, name)

    async def give_back(self, url: str) -> None:
        """Empties it for the next test; one that cannot be as it was is dropped."""
        name = urlsplit(url).path.removeprefix("/")
        uses = self._uses.pop(name)
        if uses < MOST_USES and await self._empty(url):
            self._free.append((name, uses))
        else:
            await execute(self._server, f"DROP DATABASE {name} WITH (FORCE)")

    async def template(self) -> str:
        """The name of the database that others are copied from; nobody may connect to it."""
        if not self._template:
            name = f"template{secrets.token_hex(6)}"
            await execute(self._server, f"CREATE DATABASE {name}")
            url = url_of(self._server, name)
            await upgrade(url, Path())
            connection = await asyncpg.connect(url)
            tables = [row[0] for row in await connection.fetch(_TABLES)]
            self._shape = await connection.fetchval(_SHAPE)
            await connection.close()
            found = (f"SELECT '{one}' WHERE EXISTS (SELECT 1 FROM {one})" for one in tables)
            self._look = " UNION ALL ".join(found)
            self._template = name
        return self._template

    async def _empty(self, url: str) -> bool:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_LEFT_OVER)
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            if await connection.fetchval(_IS_LARGE, LARGE):
                return False
            written = [row[0] for row in await connection.fetch(self._look)]
            sequences = [row[0] for row in await connection.fetch(_USED_SEQUENCES)]
            await connection.execute(
                "SET session_replication_role = replica;"  # no order of foreign keys, no triggers
                + "".join(f"DELETE FROM {one};" for one in written)
                + "".join(f"ALTER SEQUENCE {one} RESTART;" for one in sequences)
            )
        finally:
            await connection.close()
        return True
