"""Fields as people type them: lists one per line, ``Welding, 12`` and ``2015-2020 Foreman``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from fedrse.core.text import clean_line
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.profiles.model import DEFAULTS, FIELDS, Card, Level, Skill, Station, Visibility

LONGEST: Final = 120
MOST: Final = 20
MOST_YEARS: Final = 70
_MAIL = re.compile(r"[^@\s<>,;:\"()\\]{1,64}@[^@\s<>,;:\"()\\]{1,180}")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]{2,30}")
_YEARS = re.compile(r"(?P<name>.+?)\s*[,;:]\s*(?P<years>[0-9]{1,2})(?:\s*[^\W\d_]{1,8}\.?)?")
_STATION = re.compile(
    r"(?P<since>[0-9]{4})(?P<range>\s*[-–—]\s*(?P<until>[0-9]{4})?)?\s*[:,]?\s+(?P<what>\S.*)"
)


class Wrong(Exception):
    """What was typed cannot be taken; ``code`` tells why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_card(typed: Mapping[str, str]) -> tuple[Card, dict[str, str]]:
    """The fields that could be read, and by field why the others could not.

    Codes: too_long, too_many, not_mail, not_phone, not_handle, not_years, not_station.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in FIELDS:
        try:
            values[name] = _READERS[name](typed.get(name, ""))
        except Wrong as wrong:
            errors[name] = wrong.code
    return Card(**values), errors


def write_card(card: Card) -> dict[str, str]:
    """The same as typed."""
    return {
        name: value if isinstance(value, str) else "\n".join(map(_written, value))
        for name in FIELDS
        for value in (getattr(card, name),)
    }


def read_visibility(
    chosen: Mapping[str, tuple[str, Iterable[str]]], known: frozenset[str]
) -> dict[str, Visibility]:
    """Who sees which field: level and chosen hosts as sent.

    Unknown hosts fall away. A level that does not exist, or sites without one chosen, is for the
    owner or the own site only: never for more than was asked.
    """
    rules = {}
    for name in FIELDS:
        if name not in chosen:
            rules[name] = DEFAULTS[name]
            continue
        text, wanted = chosen[name]
        level = Level(text) if text in set(Level) else Level.ME
        hosts = tuple(sorted(known.intersection(wanted))) if level is Level.SITES else ()
        if level is Level.SITES and not hosts:
            level = Level.SITE
        rules[name] = Visibility(level, hosts)
    return rules


def is_mail(text: str) -> bool:
    """Whether it looks like an e-mail address."""
    return _MAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether it looks like a telephone number."""
    return _PHONE.fullmatch(text) is not None


def _written(item: object) -> str:
    if isinstance(item, Skill):
        return item.name if item.years is None else f"{item.name}, {item.years}"
    if isinstance(item, Station):
        return f"{item.since}-{item.until or ''} {item.what}"
    return str(item)


def _line(text: str) -> str:
    line = clean_line(text, LONGEST + 1)
    if len(line) > LONGEST:
        raise Wrong("too_long")
    return line


def _lines(text: str) -> tuple[str, ...]:
    lines = [line for one in text[: (LONGEST * 4) * MOST * 2].splitlines() if (line := _line(one))]
    if len(lines) > MOST:
        raise Wrong("too_many")
    return tuple(dict.fromkeys(lines))


def _mail(text: str) -> str:
    line = _line(text)
    if line and not is_mail(line):
        raise Wrong("not_mail")
    return line


def _manager(text: str) -> str:
    line = _line(text).removeprefix("@")
    if not line:
        return ""
    handle = parse_handle(line)
    if handle is None:
        raise Wrong("not_handle")
    return f"{handle.username}@{handle.domain}"


def _phones(text: str) -> tuple[str, ...]:
    lines = _lines(text)
    if not all(map(is_phone, lines)):
        raise Wrong("not_phone")
    return lines


def _skills(text: str) -> tuple[Skill, ...]:
    skills: dict[str, Skill] = {}
    for line in _lines(text):
        match = _YEARS.fullmatch(line)
        years = None if match is None else int(match["years"])
        if years is not None and years > MOST_YEARS:
            raise Wrong("not_years")
        skill = Skill(line if match is None else match["name"], years)
        skills.setdefault(skill.name.casefold(), skill)
    return tuple(skills.values())


def _stations(text: str) -> tuple[Station, ...]:
    stations = []
    for line in _lines(text):
        match = _STATION.fullmatch(line)
        if match is None:
            raise Wrong("not_station")
        since = int(match["since"])
        until = since if match["range"] is None else None
        until = int(match["until"]) if match["until"] else until
        if not 1900 <= since <= 2199 or (until is not None and not since <= until <= 2199):
            raise Wrong("not_station")
        stations.append(Station(since, until, match["what"]))
    return tuple(stations)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "function": _line,
    "unit": _line,
    "site": _line,
    "manager": _manager,
    "mail": _mail,
    "phones": _phones,
    "room": _line,
    "hours": _line,
    "languages": _lines,
    "expertise": _skills,
    "career": _stations,
    "projects": _lines,
}
