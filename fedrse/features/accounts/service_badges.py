"""Which role of somebody of this site their profile names, for all who see it."""

from __future__ import annotations

from fedrse.features.accounts import queries
from fedrse.features.accounts.service_import import Changed
from fedrse.store.database import Transaction


class Badges:
    """The only writer of ``account.badge``, a copy of what ``access`` decides about roles."""

    def __init__(self, *, changed: Changed) -> None:
        self._changed = changed

    async def show(self, tx: Transaction, account_id: int, badge: str) -> None:
        """Names a role on a profile from now on; empty names none."""
        await tx.run(queries.SET_BADGE, key=account_id, badge=badge)
        self._changed(tx, account_id)
