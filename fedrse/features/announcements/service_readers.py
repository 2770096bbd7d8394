"""For whom announcements are, here: this site decides about its own people and nobody else's."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.features.announcements import queries
from fedrse.features.announcements.model import Announcement, Totals
from fedrse.features.profiles.model import unit_key
from fedrse.store.database import Transaction


class PeopleSince(Protocol):
    """Tells when people were here; implemented by ``access.service.Logins``."""

    async def __call__(self, tx: Transaction) -> list[tuple[int, int]]:
        """When each person was here last (milliseconds) and who, in ascending order."""


class Units(Protocol):
    """Who belongs to which unit; implemented by ``profiles.service_units.Units``."""

    async def unit_of(self, tx: Transaction, account_id: int) -> str: ...

    async def members(self, tx: Transaction, keys: Collection[str]) -> dict[int, str]: ...

    async def count(self, tx: Transaction) -> dict[str, int]: ...

    async def names(self, tx: Transaction) -> list[str]: ...


class Unit(Struct, frozen=True):
    """A unit of this site, and how many people it has."""

    name: str
    people: int


class Reach(Struct, frozen=True):
    """How many people of this site are meant.

    ``unknown``: units that nobody here names; they may have people at other sites.
    """

    people: int
    unknown: tuple[str, ...] = ()


class Readers:
    """Finds out whom an announcement is for, at the moment when it is asked.

    Who changes unit sees from then on what is for the new one, and no longer what was for the old.
    """

    def __init__(self, *, units: Units, people: PeopleSince) -> None:
        self._units = units
        self._people = people

    async def only_for(
        self, tx: Transaction, viewer: int, found: Iterable[Announcement]
    ) -> list[Announcement]:
        """Those that are for somebody; one more statement where some are for units."""
        here = [one for one in found if one.here]
        if not any(one.unit_keys for one in here):
            return here
        unit = await self._units.unit_of(tx, viewer)
        return [one for one in here if not one.unit_keys or unit in one.unit_keys]

    async def among(
        self, tx: Transaction, one: Announcement, people: Sequence[int]
    ) -> Collection[int]:
        """Those of these people for whom an announcement is."""
        if not one.here:
            return ()
        if not one.unit_keys:
            return people
        return (await self._units.members(tx, one.unit_keys)).keys() & set(people)

    async def reach(self, tx: Transaction, units: Sequence[str]) -> Reach:
        """How many people here belong to these units; none: how many there are at all."""
        counted = await self._units.count(tx)
        if not units:
            return Reach(sum(counted.values()))
        keys = {unit_key(name): name for name in units}
        unknown = tuple(name for key, name in keys.items() if key not in counted)
        return Reach(sum(counted.get(key, 0) for key in keys), unknown)

    async def units(self, tx: Transaction) -> list[Unit]:
        """The units of this site by name."""
        counted = await self._units.count(tx)
        names = await self._units.names(tx)
        return [Unit(name, counted.get(unit_key(name), 0)) for name in names]

    async def totals(self, tx: Transaction, shown: Sequence[Announcement]) -> dict[int, Totals]:
        """How many people here each of these has reached: at most four statements.

        Who has read one for a unit and left the unit since has been reached all the same.
        """
        ids = [one.id for one in shown if not one.unit_keys]
        readers = {row.id: int(row.readers) for row in await tx.all(queries.READERS, ids=ids)}
        times = await self._people(tx)
        found = {}
        for one in shown:
            here = len(times) - bisect_left(times, (one.published_at, 0)) if one.here else 0
            read = readers.get(one.id, 0)
            found[one.id] = Totals(max(here, read), read)
        targeted = [one for one in shown if one.unit_keys]
        if targeted:
            found |= await self._totals_of_units(tx, targeted, times)
        return found

    async def _totals_of_units(
        self, tx: Transaction, targeted: Sequence[Announcement], times: Sequence[tuple[int, int]]
    ) -> dict[int, Totals]:
        keys = frozenset[str]().union(*(one.unit_keys for one in targeted))
        members = await self._units.members(tx, keys)
        readers: dict[int, set[int]] = {}
        for row in await tx.all(queries.WHO_READ, ids=[one.id for one in targeted]):
            readers.setdefault(row.announcement_id, set()).add(row.account_id)
        found = {}
        for one in targeted:
            read = readers.get(one.id, set())
            since = times[bisect_left(times, (one.published_at, 0)) :] if one.here else []
            meant = {who for _, who in since if members.get(who) in one.unit_keys}
            found[one.id] = Totals(len(meant | read), len(read))
        return found
