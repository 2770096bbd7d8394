"""What the site is made of: real numbers, each dimension from at most three statements."""

from __future__ import annotations

import platform
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec import Struct

import fedrse
from fedrse.features.insights import queries_dimensions as queries
from fedrse.features.insights.model_dimensions import Dimension, Part, size_shown
from fedrse.features.insights.model_measures import Span
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement

Counting = Callable[[Transaction, "Asked"], Awaitable[list[Part]]]
_DATABASES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Asked(Struct, frozen=True):
    """What of a dimension: ``of`` is the id of a tag or the domain of a site, if it is about one.

    ``languages``: what languages are called, by code.
    """

    span: Span
    limit: int
    of: int | str
    languages: Mapping[str, str]


async def parts(tx: Transaction, dimension: Dimension, asked: Asked) -> list[Part]:
    """The parts, the largest first."""
    return await _DIMENSIONS[dimension](tx, asked)


def _named(asked: Asked, code: str) -> str:
    plain = code.replace("-", "_")
    return asked.languages.get(plain) or asked.languages.get(plain.partition("_")[0], code)


def _counted(
    statement: Statement,
    *,
    about: str = "",
    languages: bool = False,
    empty: tuple[str, str] = ("", ""),
) -> Counting:
    """Keys by how often they occur; ``empty``: key and name of what has none."""

    async def counting(tx: Transaction, asked: Asked) -> list[Part]:
        ids = asked.span.ids
        more = {about: asked.of} if about else {}
        rows = await tx.all(
            statement,
            from_id=ids["from_id"],
            until_id=ids["until_id"],
            limit=asked.limit,
            **more,
        )
        found = []
        for row in rows:
            key, name = (row.key, row.key) if row.key else empty
            shown = _named(asked, key) if languages else name
            found.append(Part(key, shown, str(int(row.value))))
        return found

    return counting


async def _languages(tx: Transaction, asked: Asked) -> list[Part]:
    """Of the interface, by the people who were here last in this time."""
    span = asked.span
    rows = await tx.all(queries.LANGUAGES, begins=span.begins, ends=span.ends, limit=asked.limit)
    return [Part(row.key, _named(asked, row.key), str(row.value)) for row in rows]


async def _followed_there(tx: Transaction, asked: Asked) -> list[Part]:
    """By how many people of this site follow them now."""
    rows = await tx.all(queries.FOLLOWED_THERE, of_domain=asked.of, limit=asked.limit)
    return [Part(row.key, row.key, str(row.value)) for row in rows]


async def _space(tx: Transaction, _asked: Asked) -> list[Part]:
    """Now, whatever the span is."""
    sizes: dict[str, Any] = {
        tx.dialect: await tx.value(queries.DATABASE_SIZE[tx.dialect]),
        "media": await tx.value(queries.UPLOADED),
        "remote_media": await tx.value(queries.COPIED),
    }
    names = _DATABASES | {"media": "Media storage", "remote_media": "Copies of remote media"}
    return [
        Part(key, names[key], str(int(size)), "bytes", size_shown(int(size)))
        for key, size in sizes.items()
    ]


async def _versions(tx: Transaction, _asked: Asked) -> list[Part]:
    database = str(await tx.value(queries.DATABASE_VERSION[tx.dialect])).partition(" ")[0]
    found = (
        ("fedrse", "fedrse", fedrse.__version__),
        ("python", "Python", platform.python_version()),
        (tx.dialect, _DATABASES[tx.dialect], database),
    )
    return [Part(key, name, version, shown=version) for key, name, version in found]


_DIMENSIONS: Final[Mapping[Dimension, Counting]] = {
    Dimension.LANGUAGES: _languages,
    Dimension.SOURCES: _counted(queries.SOURCES, empty=("web", "Website")),
    Dimension.SERVERS: _counted(queries.SERVERS),
    Dimension.SPACE_USAGE: _space,
    Dimension.SOFTWARE_VERSIONS: _versions,
    Dimension.TAG_SERVERS: _counted(queries.TAG_SERVERS, about="of_tag"),
    Dimension.TAG_LANGUAGES: _counted(queries.TAG_LANGUAGES, about="of_tag", languages=True),
    Dimension.INSTANCE_ACCOUNTS: _followed_there,
    Dimension.INSTANCE_LANGUAGES: _counted(
        queries.LANGUAGES_THERE, about="of_domain", languages=True
    ),
}
