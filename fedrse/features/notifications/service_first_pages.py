"""First pages of notifications, remembered until something is told or forgotten.

Apps look again and again whether there is something new, and mostly there is not. Whoever writes
notifications says whose they are; other processes hear of it, and as that may get lost, a page is
read anew after a minute.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar, cast

from fedrse.core.paging import Page
from fedrse.features.accounts.service_snapshots import MINUTE_NS, SnapshotCache
from fedrse.store.database import Database, Transaction

CHANNEL: Final = "told"  # payload: the id of an account, "" for all
SINGLE: Final = "single"
GROUPED: Final = "grouped"
MOST_REMEMBERED: Final = 2_000  # people
NEWEST: Final = 1 << 62
T = TypeVar("T")


def window(page: Page) -> dict[str, int]:
    """The bounds of a page as parameters."""
    newest = NEWEST if page.max_id is None else page.max_id
    return {"max_id": newest, "since_id": page.after or 0, "limit": page.limit}


class FirstPages:
    """The first page that somebody asked for last, of each kind; used from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, SnapshotCache[int, tuple[Hashable, object]]] = {
            kind: SnapshotCache(most=MOST_REMEMBERED, lifetime_ns=MINUTE_NS)
            for kind in (SINGLE, GROUPED)
        }
        self._more: list[SnapshotCache[int, Any]] = []

    def forget_too(self, remembered: SnapshotCache[int, Any]) -> None:
        """What else comes of somebody's notifications; forgotten together with the pages."""
        self._more.append(remembered)

    def listen(self, database: Database) -> None:
        """Hears what other processes write; once, at the start."""
        database.listen(CHANNEL, self._heard)
        database.on_missed(self._forget_all)

    async def get(
        self,
        tx: Transaction,
        kind: str,
        viewer: int,
        page: Page,
        *,
        variant: Hashable,
        read: Callable[[], Awaitable[T]],
    ) -> T:
        """What ``read`` finds, from memory where it is a first page that was read before.

        ``kind`` is SINGLE or GROUPED, ``variant`` the parameters. What is found is shared: copy
        before changing it.
        """
        if tx.snapshot is None or page.max_id is not None or page.after or page.ascending:
            return await read()
        pages = self._known[kind]
        key = (page.limit, variant)
        known = pages.get(viewer)
        if known is not None and known[0] == key:
            return cast(T, known[1])
        found = await read()
        pages.put(viewer, (key, found), tx.snapshot)
        return found

    def changed(self, tx: Transaction, account_id: int | None) -> None:
        """The notifications of somebody change in this transaction, None: of many."""
        if account_id is None:
            tx.after_commit(self._forget_all)
        else:
            tx.after_commit(partial(self._forget, account_id))
        if tx.dialect == "postgresql":  # other processes can exist
            tx.notify(CHANNEL, "" if account_id is None else str(account_id))

    def _heard(self, payload: str) -> None:
        if payload.isdigit():
            self._forget(int(payload))
        else:
            self._forget_all()

    def _forget(self, account_id: int) -> None:
        for remembered in (*self._known.values(), *self._more):
            remembered.forget(account_id)

    def _forget_all(self) -> None:
        for remembered in (*self._known.values(), *self._more):
            remembered.forget_all()
