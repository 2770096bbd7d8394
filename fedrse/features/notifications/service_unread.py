"""How many groups of notifications somebody has not read, remembered for a few seconds.

Every page shows it, so it must cost nothing where nothing changed. How far somebody has read in
another process is seen when the number has got old.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.features.notifications.model import Wanted
from fedrse.features.notifications.service_first_pages import FirstPages
from fedrse.features.notifications.service_groups import Groups
from fedrse.store.database import Database, Transaction

MOST_COUNTED: Final = 100
MOST_REMEMBERED: Final = 10_000
LIFETIME_NS: Final = 15 * 1_000_000_000
EVERYTHING: Final = Wanted()


class Unread:
    """Counts up to ``MOST_COUNTED``."""

    def __init__(self, groups: Groups, first_pages: FirstPages) -> None:
        """Forgets together with ``first_pages``."""
        self._groups = groups
        self._known: SnapshotCache[int, int] = SnapshotCache(
            most=MOST_REMEMBERED, lifetime_ns=LIFETIME_NS
        )
        first_pages.forget_too(self._known)

    def read(self, tx: Transaction, account_id: int) -> None:
        """Somebody has read further in this transaction, so that others are counted."""
        tx.after_commit(partial(self._known.forget, account_id))

    def known(self, viewer: int) -> int:
        """The number where it is remembered, else 0."""
        return self._known.get(viewer) or 0

    async def find_out(self, database: Database, viewer: int) -> None:
        """Makes the number known, asking the database only where it is not."""
        if self._known.get(viewer) is None:
            await database.read(self.count, viewer)

    async def count(self, tx: Transaction, viewer: int) -> int:
        """The number as it is now."""
        found = await self._groups.unread_count(tx, viewer, MOST_COUNTED, EVERYTHING)
        self._known.put(viewer, found, tx.snapshot)
        return found
