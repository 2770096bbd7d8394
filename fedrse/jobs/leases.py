"""Leases by name: what one process of the site has, until it gives it back or dies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fedrse.core.clock import Clock
from fedrse.jobs import queries
from fedrse.store.database import Transaction


class Leases:
    """Takes and returns leases for one process (``owner``)."""

    def __init__(self, *, clock: Clock, owner: str) -> None:
        self._clock = clock
        self._owner = owner

    async def take(self, tx: Transaction, name: str, *, duration: int) -> bool:
        """Takes or extends a lease for ``duration`` milliseconds; False if another has it."""
        now = self._clock.now()
        taken = await tx.value(
            queries.TAKE, name=name, owner=self._owner, until=now + duration, now=now
        )
        return taken is not None

    async def take_number(
        self, tx: Transaction, name: str, count: int, *, duration: int
    ) -> int | None:
        """The first free number below ``count`` (``node:3``), None if all are taken."""
        for number in range(count):
            if await self.take(tx, f"{name}:{number}", duration=duration):
                return number
        return None

    async def release(self, tx: Transaction, names: Iterable[str]) -> None:
        """Gives leases back; those of others are left alone."""
        await tx.run(queries.RELEASE, names=list(names), owner=self._owner)


async def ensure_locks(tx: Transaction, names: Iterable[str]) -> None:
    """Makes the rows that ``lock_one`` locks."""
    for name in names:
        await tx.run(queries.ENSURE_ROW, name=name)


async def lock_one(tx: Transaction, names: Sequence[str]) -> str | None:
    """Locks one of these names that no other transaction has, until this transaction ends.

    None if all are locked. On SQLite there is one writer, so the first is free.
    """
    found = await tx.value(queries.LOCK_ONE, names=list(names))
    return None if found is None else str(found)
