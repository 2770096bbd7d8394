"""Compares answers with what the documentation of the Mastodon API says; see README.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FACTS = Path(__file__).parent / "facts"
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Mastodon itself says "" where a page names no author or site.
_EMPTY_URLS = ("author_url", "provider_url", "embed_url", "authors[0].url")


def _is_moment(text: str) -> bool:
    """RFC 3339, and a day that there is."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _DATETIME.fullmatch(text) is not None


def _is_day(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _is_moment(f"{text}T00:00:00Z")


FORMATS: dict[str, Callable[[str], object]] = {
    "id": re.compile(r"-?\d+").fullmatch,
    "url": re.compile(r"[a-z][a-z0-9+.-]*:\S+").fullmatch,
    "datetime": _is_moment,
    "date_or_datetime": lambda text: _is_moment(text) or _is_day(text),
}
PYTHON: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "hash": dict,
    "array": list,
    "null": type(None),
}
Fact = dict[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One documented endpoint."""

    group: str
    method: str
    path: str
    auth: str
    scopes: tuple[str, ...]
    codes: tuple[int, ...]
    returns: Fact | None
    deprecated: bool
    parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a real path looks like; parameters that look like names come last."""
        parts = [
            "[^/]+" if part.startswith(":") else re.escape(part) for part in self.path.split("/")
        ]
        return re.compile("/".join(parts))

    def filled(self, value: str = "1") -> str:
        """The path with a value for each of its parameters."""
        return re.sub(r":\w+", value, self.path)


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """All documented endpoints, the admin API apart."""
    return _endpoints("endpoints.json")


@cache
def admin_endpoints() -> tuple[Endpoint, ...]:
    """Those of the admin API."""
    return _endpoints("admin_endpoints.json")


def _endpoints(file: str) -> tuple[Endpoint, ...]:
    rows: list[Fact] = msgspec.json.decode((FACTS / file).read_bytes())
    return tuple(
        Endpoint(
            group=row["group"],
            method=row["method"],
            path=row["path"],
            auth=row["auth"],
            scopes=tuple(row["scopes"]),
            codes=tuple(row["codes"]),
            returns=row.get("returns"),
            deprecated=row.get("deprecated", False),
            parameters=tuple(row["params"]),
        )
        for row in rows
    )


@cache
def endpoint_of(method: str, path: str) -> Endpoint | None:
    """The endpoint that answers this request; the one with the fewest parameters."""
    found = [one for one in endpoints() if one.method == method and one.pattern.fullmatch(path)]
    return min(found, key=lambda one: one.path.count(":"), default=None)


@cache
def _entities() -> dict[str, Fact]:
    entities: dict[str, Fact] = msgspec.json.decode((FACTS / "entities.json").read_bytes())
    # What 4.6 added to one is missing in the documentation of the other; apps get both.
    single, group = (entities[one]["attrs"] for one in ("Notification", "NotificationGroup"))
    group["type"]["enum"] = single["type"]["enum"]
    return entities | _admin_entities()


@cache
def _admin_entities() -> dict[str, Fact]:
    found: dict[str, Fact] = msgspec.json.decode((FACTS / "admin_entities.json").read_bytes())
    return found


@cache
def attributes(name: str) -> dict[str, Fact]:
    """All attributes of an entity, those that it extends included."""
    entity = _entities()[name]
    inherited = attributes(entity["extends"]) if "extends" in entity else {}
    return {
        name: fact
        for name, fact in (inherited | entity["attrs"]).items()
        if not fact.get("removed") and not fact.get("deprecated")
    }


def _has_form(value: Any, form: str) -> bool:
    return not isinstance(value, str) or bool(FORMATS[form](value))


@dataclass
class Sightings:
    """Which attributes were met in answers, and in which way; (entity, attribute) by how often."""

    valued: Counter[tuple[str, str]] = field(default_factory=Counter)
    null: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Sightings) -> None:
        self.valued += other.valued
        self.null += other.null
        self.wrong += other.wrong

    def is_good(self, entity: str, attribute: str) -> bool:
        """Met at least once, and never wrong."""
        key = (entity, attribute)
        return not self.wrong[key] and bool(self.valued[key] or self.null[key])


def entity_names() -> tuple[str, ...]:
    """All documented entities, the admin API apart."""
    return tuple(one for one in _entities() if one not in _admin_entities())


def own_attributes(name: str) -> tuple[str, ...]:
    """Those that an entity does not share with the one that it extends."""
    return tuple(one for one in _entities()[name]["attrs"] if one in attributes(name))


def problems(
    value: Any, fact: Fact | None, place: str = "$", met: Sightings | None = None
) -> list[str]:
    """What is wrong with a value, one sentence each; none where it conforms."""
    return [] if fact is None else list(_Comparison(met or Sightings()).value(value, fact, place))


def entity_problems(value: Any, name: str, met: Sightings | None = None) -> list[str]:
    """What is wrong with an entity."""
    return list(_Comparison(met or Sightings()).entity(value, name, name))


class _Comparison:
    """Follows a document and its facts down to the last attribute."""

    def __init__(self, met: Sightings) -> None:
        self._met = met

    def value(self, value: Any, fact: Fact, place: str) -> Iterator[str]:
        kind = fact["t"]
        if kind == "any":
            return
        if value is None:
            if not fact.get("nullable") and kind != "null":
                yield f"{place} is null"
        elif kind == "entity":
            yield from self._one_of(value, fact["entity"], place)
        elif kind == "map":
            if not isinstance(value, dict):
                yield f"{place} is {type(value).__name__} instead of a map"
                return
            for key, item in value.items():
                yield from self.value(item, fact["of"], f"{place}.{key}")
        elif kind == "empty":
            if value not in ({}, "", b""):
                yield f"{place} should be empty"
        else:
            yield from self._plain(value, fact, place)

    def _plain(self, value: Any, fact: Fact, place: str) -> Iterator[str]:
        kind = fact["t"]
        is_boolean = isinstance(value, bool)
        if not isinstance(value, PYTHON[kind]) or (is_boolean and kind != "boolean"):
            yield f"{place} is {type(value).__name__} instead of {kind}"
            return
        form = fact.get("f")
        may_be_empty = form == "url" and value == "" and place.endswith(_EMPTY_URLS)
        if form is not None and not may_be_empty and not _has_form(value, form):
            yield f"{place} is no {form}: {value[:60]!r}"
        if "enum" in fact and value not in fact["enum"]:
            yield f"{place} is {value!r}, none of {fact['enum']}"
        for name in fact.get("keys", ()):
            if name not in value:
                yield f"{place}.{name} is missing"
        if kind == "array" and "of" in fact:
            for index, item in enumerate(value):
                yield from self.value(item, fact["of"], f"{place}[{index}]")

    def _one_of(self, value: Any, names: list[str], place: str) -> Iterator[str]:
        """An entity that may be of several types: it must be one of them."""
        found = []
        for name in names:
            met = Sightings()
            found.append((list(_Comparison(met).entity(value, name, place)), met))
        best, met = min(found, key=lambda one: len(one[0]))
        self._met.add(met)
        yield from best

    def entity(self, value: Any, name: str, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place} is no {name}"
            return
        for path, fact in attributes(name).items():
            wrong = list(self._attribute(value, path.split("/"), fact, place, (name, path)))
            if wrong:
                self._met.wrong[(name, path)] += 1
            yield from wrong

    def _attribute(
        self, value: Any, path: list[str], fact: Fact, place: str, key: tuple[str, str]
    ) -> Iterator[str]:
        """Follows ``a/b`` and ``a[]/b``; where the outer part is absent, that is told elsewhere."""
        head, *rest = path
        name = head.removesuffix("[]")
        if not isinstance(value, dict):
            return
        if name not in value:
            if not rest and not fact.get("optional"):
                yield f"{place}.{name} is missing"
            return
        inner, where = value[name], f"{place}.{name}"
        is_list = head.endswith("[]")
        if not rest and not is_list:
            counter = self._met.null if inner is None else self._met.valued
            counter[key] += 1
            yield from self.value(inner, fact, where)
        elif not is_list:
            yield from self._attribute(inner, rest, fact, where, key)
        elif not rest:
            # The fact of ``options[]`` speaks of the whole array.
            self._met.valued[key] += 1
            yield from self.value(inner, fact, where)
        else:
            for index, item in enumerate(inner or ()):
                yield from self._attribute(item, rest, fact, f"{where}[{index}]", key)
