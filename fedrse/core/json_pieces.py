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
    return b"".join(list_of_pieces(items))


def json_lists(lists: Mapping[str, Iterable[bytes | Raw]]) -> bytes:
    """An object whose values are lists, as ``list_of`` and ``list_of_pieces`` give them."""
    found: list[bytes | Raw] = []
    for name, pieces in lists.items():
        found.append(f"{',' if found else '{'}{dumps(name)}:".encode())
        found += pieces
    found.append(b"}" if found else b"{}")
    return b"".join(found)


def list_of(items: Iterable[bytes | Raw]) -> list[bytes | Raw]:
    """The pieces of a list of items that are whole."""
    whole = list(items)
    if not whole:
        return [b"[]"]
    found: list[bytes | Raw] = [b","] * (2 * len(whole) + 1)
    found[1::2] = whole
    found[0], found[-1] = b"[", b"]"
    return found


def list_of_pieces(items: Iterable[JsonPieces]) -> list[bytes | Raw]:
    """The pieces of a list of items that are in pieces themselves."""
    found: list[bytes | Raw] = [b"["]
    for item in items:
        found += item
        found.append(b",")
    if len(found) == 1:
        return [b"[]"]
    found[-1] = b"]"
    return found
