"""Whose account goes keeps no addresses of others, whether the site sends posts by mail or not."""

from __future__ import annotations

from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.mail import queries
from fedrse.store.database import Transaction
from fedrse.store.events import Events


def listen(events: Events) -> None:
    """Forgets who had the posts of somebody sent to them, in the transaction that deletes."""
    events.subscribe(AccountDeleted, _forget)


async def _forget(tx: Transaction, event: AccountDeleted) -> None:
    if event.local:
        await tx.run(queries.CLEAR, owner=event.account_id)
        await tx.run(queries.WITHDRAW, owner=event.account_id)
