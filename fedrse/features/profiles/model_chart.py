"""The organisation chart: from who names whom as a manager, and from units, to trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from fedrse.features.profiles.model import NOTHING, Card, unit_key

DEEPEST: Final = 12
"""Branches below are a page of their own."""
OPEN_TO: Final = 2
MOST_DRAWN: Final = 400


class Placed(Struct, frozen=True):
    """Somebody with the card that the viewer sees. ``account_id`` 0: not known here."""

    handle: str
    name: str
    account_id: int = 0
    card: Card = NOTHING

    @property
    def key(self) -> str:
        """What handles are compared by."""
        return self.handle.casefold()


class Branch(Struct, frozen=True):
    """Somebody with those below; ``total`` counts all of these, drawn or not.

    ``has_me``: the viewer is in it; ``cut``: those below are on another page.
    """

    placed: Placed
    below: tuple[Branch, ...]
    total: int
    has_me: bool
    is_me: bool
    cut: bool = False
    depth: int = 0

    @property
    def is_open(self) -> bool:
        """Whether those below are to be seen at once."""
        return self.depth < OPEN_TO or (self.has_me and not self.is_me)


def parents(people: Sequence[Placed]) -> dict[str, str]:
    """The manager of each who has one among these; circles are opened at the first by name."""
    known = {one.key for one in people}
    above = {
        one.key: manager
        for one in people
        if (manager := one.card.manager.casefold()) in known and manager != one.key
    }
    settled: set[str] = set()
    for one in sorted(people, key=lambda one: (one.name.casefold(), one.key)):
        way: list[str] = []
        at: str | None = one.key
        while at is not None and at not in settled and at not in way:
            way.append(at)
            at = above.get(at)
        if at is not None and at in way:
            circle = way[way.index(at) :]
            del above[one.key if one.key in circle else circle[0]]
        settled.update(way)
    return above


def branches(people: Sequence[Placed], me: int, *, top: str = "") -> list[Branch]:
    """Trees of these people, the largest first; ``top`` is who shall be the only root."""
    above = parents(people)
    below: dict[str, list[Placed]] = {}
    for one in sorted(people, key=lambda one: (one.name.casefold(), one.key)):
        below.setdefault(above.get(one.key, ""), []).append(one)
    sizes = _sizes(people, above)
    mine = _way_of(people, above, me)
    roots = [one for one in people if one.key == top.casefold()] if top else below.get("", [])
    drawing = _Drawing(below, sizes, mine, me)
    made = [drawing.branch(one, 0) for one in roots]
    return sorted(made, key=lambda one: -one.total)


def units(people: Iterable[Placed]) -> list[tuple[str, list[Placed]]]:
    """The people of each unit, by its name as first written; last those who name none."""
    names: dict[str, str] = {}
    found: dict[str, list[Placed]] = {}
    for one in people:
        key = unit_key(one.card.unit)
        names.setdefault(key, one.card.unit)
        found.setdefault(key, []).append(one)
    return [(names[key], found[key]) for key in sorted(found, key=lambda key: (not key, key))]


def everybody(trees: Iterable[Branch]) -> Iterator[Branch]:
    """All branches that are drawn."""
    for one in trees:
        yield one
        yield from everybody(one.below)


class _Drawing:
    def __init__(
        self,
        below: Mapping[str, Sequence[Placed]],
        sizes: Mapping[str, int],
        mine: frozenset[str],
        me: int,
    ) -> None:
        self._below = below
        self._sizes = sizes
        self._mine = mine
        self._me = me
        self._room = MOST_DRAWN

    def branch(self, one: Placed, depth: int) -> Branch:
        self._room -= 1
        reports = self._below.get(one.key, ())
        cut = bool(reports) and (depth + 1 >= DEEPEST or self._room < len(reports))
        return Branch(
            placed=one,
            below=() if cut else tuple(self.branch(other, depth + 1) for other in reports),
            total=self._sizes.get(one.key, 0),
            has_me=one.key in self._mine,
            is_me=one.account_id == self._me and bool(self._me),
            cut=cut,
            depth=depth,
        )


def _sizes(people: Iterable[Placed], above: Mapping[str, str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in people:
        at = above.get(one.key)
        while at is not None:
            sizes[at] = sizes.get(at, 0) + 1
            at = above.get(at)
    return sizes


def _way_of(people: Iterable[Placed], above: Mapping[str, str], me: int) -> frozenset[str]:
    way: list[str] = []
    at = next((one.key for one in people if one.account_id == me and me), None)
    while at is not None:
        way.append(at)
        at = above.get(at)
    return frozenset(way)
