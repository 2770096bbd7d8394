"""The CSV files of Mastodon: what is in each, reading and writing them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from enum import StrEnum
from io import StringIO
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line

MOST_ROWS: Final = 20_000
LARGEST_FILE: Final = 4 * 1024 * 1024
LONGEST_CELL: Final = 2_000
TRUE = frozenset({"1", "t", "true", "on", "yes"})


class Kind(StrEnum):
    """What a file holds; the names are those of Mastodon's imports."""

    FOLLOWING = "following"
    BLOCKING = "blocking"
    MUTING = "muting"
    DOMAIN_BLOCKING = "domain_blocking"
    BOOKMARKS = "bookmarks"
    LISTS = "lists"


HEADERS: Final = {
    Kind.FOLLOWING: ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    Kind.MUTING: ("Account address", "Hide notifications"),
}
"""First lines; the other files have none."""

_HEADER_CELLS = frozenset({"account address", "acct", "#domain", "#uri", "list name"})


class Entry(Struct, frozen=True, gc=False):
    """A line of a file.

    ``what`` is a handle, a domain, or the address of a post; ``title`` that of a list. The rest
    is about follows and mutes.
    """

    what: str
    title: str = ""
    boosts: bool = True
    notify: bool = False
    languages: tuple[str, ...] = ()
    notifications: bool = True


def read_kind(text: str) -> Kind:
    """A kind by name. Raises Invalid."""
    try:
        return Kind(text)
    except ValueError:
        raise Invalid(
            "import_kind", "Validation failed: Type is not included in the list"
        ) from None


def read_csv(kind: Kind, content: bytes) -> list[Entry]:
    """The lines of a file, each once. Raises Invalid for what is no such file."""
    try:
        text = content.decode("utf-8-sig")
        rows = [row for row in csv.reader(StringIO(text, newline="")) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid("import_malformed", "Validation failed: Data is not a CSV file") from error
    if rows and rows[0][0].strip().lower() in _HEADER_CELLS:
        columns = {name.strip().lower(): place for place, name in enumerate(rows[0])}
        rows = rows[1:]
    else:
        columns = {}
    if len(rows) > MOST_ROWS:
        raise Invalid("import_too_long", f"Validation failed: Data has more than {MOST_ROWS} lines")
    found = (_entry(kind, row, columns) for row in rows)
    entries = list(dict.fromkeys(entry for entry in found if entry is not None))
    if not entries:
        raise Invalid("import_empty", "Validation failed: Data is empty")
    return entries


def _entry(kind: Kind, row: Sequence[str], columns: dict[str, int]) -> Entry | None:
    cells = [clean_line(cell[:LONGEST_CELL], LONGEST_CELL).strip() for cell in row]

    def cell(name: str, place: int) -> str:
        at = columns.get(name, -1) if columns else place
        return cells[at] if 0 <= at < len(cells) else ""

    if kind is Kind.LISTS:
        title, what = cell("list name", 0), cell("account address", 1).removeprefix("@")
        return Entry(what, title=title) if title and "@" in what else None
    what = cell("account address", 0) or cells[0]
    if kind is Kind.BOOKMARKS:
        return Entry(what) if what.startswith(("https://", "http://")) else None
    what = what.removeprefix("@")
    if not what or (kind is not Kind.DOMAIN_BLOCKING and " " in what):
        return None
    if kind is Kind.FOLLOWING:
        languages = cell("languages", 3).replace(";", ",").split(",")
        return Entry(
            what,
            boosts=_flag(cell("show boosts", 1), default=True),
            notify=_flag(cell("notify on new posts", 2), default=False),
            languages=tuple(one.strip() for one in languages if one.strip()),
        )
    if kind is Kind.MUTING:
        return Entry(what, notifications=_flag(cell("hide notifications", 1), default=True))
    return Entry(what)


def _flag(text: str, *, default: bool) -> bool:
    return text.lower() in TRUE if text else default


def write_csv(kind: Kind, rows: Iterable[Sequence[Any]]) -> bytes:
    """A file with these lines."""
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    if kind in HEADERS:
        writer.writerow(HEADERS[kind])
    writer.writerows(rows)
    return stream.getvalue().encode()
