"""Compares answers with what the documentation of the Mastodon API says; see README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FACTS = Path(__file__).parent / "facts"
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
FORMATS = {
    "id": re.compile(r"-?\d+").fullmatch,
    "url": re.compile(r"[a-z][a-z0-9+.-]*:\S+|").fullmatch,
    "datetime": _DATETIME.fullmatch,
    "date_or_datetime": lambda text: _DATETIME.fullmatch(text) or _DATE.fullmatch(text),
}
PYTHON = {
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
    rows: list[Fact] = msgspec.json.decode((FACTS / "endpoints.json").read_bytes())
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
    return entities


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


def problems(value: Any, fact: Fact | None, place: str = "$") -> list[str]:
    """What is wrong with a value, one sentence each; none where it conforms."""
    return [] if fact is None else list(_value(value, fact, place))


def entity_problems(value: Any, name: str, place: str = "") -> list[str]:
    """What is wrong with an entity."""
    return list(_entity(value, name, place or name))


def _value(value: Any, fact: Fact, place: str) -> Iterator[str]:
    kind = fact["t"]
    if kind == "any":
        return
    if value is None:
        if not fact.get("nullable") and kind != "null":
            yield f"{place} is null"
        return
    if kind == "entity":
        yield from _one_of(value, fact["entity"], place)
    elif kind == "map":
        for key, item in value.items():
            yield from _value(item, fact["of"], f"{place}.{key}")
    elif kind == "empty":
        if value not in ({}, "", b""):
            yield f"{place} should be empty"
    else:
        yield from _plain(value, fact, place)


def _plain(value: Any, fact: Fact, place: str) -> Iterator[str]:
    kind = fact["t"]
    is_boolean = isinstance(value, bool)
    if not isinstance(value, PYTHON[kind]) or (is_boolean and kind != "boolean"):
        yield f"{place} is {type(value).__name__} instead of {kind}"
        return
    form = fact.get("f")
    if form is not None and isinstance(value, str) and not FORMATS[form](value):
        yield f"{place} is no {form}: {value[:60]!r}"
    if "enum" in fact and value not in fact["enum"]:
        yield f"{place} is {value!r}, none of {fact['enum']}"
    for name in fact.get("keys", ()):
        if name not in value:
            yield f"{place}.{name} is missing"
    if kind == "array" and "of" in fact:
        for index, item in enumerate(value):
            yield from _value(item, fact["of"], f"{place}[{index}]")


def _one_of(value: Any, names: list[str], place: str) -> Iterator[str]:
    """An entity that may be of several types: it must be one of them."""
    found = [list(_entity(value, name, place)) for name in names]
    yield from min(found, key=len)


def _entity(value: Any, name: str, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no {name}"
        return
    for path, fact in attributes(name).items():
        yield from _attribute(value, path.split("/"), fact, place)


def _attribute(value: Any, path: list[str], fact: Fact, place: str) -> Iterator[str]:
    """Follows ``a/b`` and ``a[]/b``; where the outer part is absent, that is told elsewhere."""
    head, *rest = path
    name = head.removesuffix("[]")
    if not isinstance(value, dict):
        return
    if name not in value:
        if not rest and not fact.get("optional"):
            yield f"{place}.{name} is missing"
        return
    inner = value[name]
    where = f"{place}.{name}"
    if not rest:
        yield from _value(inner, fact, where)
    elif head.endswith("[]"):
        for index, item in enumerate(inner or ()):
            yield from _attribute(item, rest, fact, f"{where}[{index}]")
    else:
        yield from _attribute(inner, rest, fact, where)
