"""JSON that is put together from encoded pieces: large answers are copied once.

Encoding such pieces again inside a list copies each several times while the buffer grows, which
for 70 kB is a sixth of the whole request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import dumps

from msgspec import Raw

JsonPieces = tuple[bytes | Raw, ...]
"""Encoded JSON that is to be joined."""


def json_list(items: Iterable[JsonPieces]) -> bytes:
    """A list of such items."""
    return b"".join(_list(items))


def json_lists(lists: Mapping[str, Iterable[JsonPieces]]) -> bytes:
    """An object whose values are lists of such items."""
    found: list[bytes | Raw] = []
    for name, items in lists.items():
        found.append(f"{',' if found else '{'}{dumps(name)}:".encode())
        found += _list(items)
    found.append(b"}" if found else b"{}")
    return b"".join(found)


def _list(items: Iterable[JsonPieces]) -> list[bytes | Raw]:
    found: list[bytes | Raw] = [b"["]
    for item in items:
        found += item
        found.append(b",")
    if len(found) == 1:
        return [b"[]"]
    found[-1] = b"]"
    return found
