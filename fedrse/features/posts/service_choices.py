"""How somebody likes to write. The only writer of ``writing_choice``."""

from __future__ import annotations

from fedrse.features.posts import queries_drafts as queries
from fedrse.store.database import Transaction


async def can_undo(tx: Transaction, account_id: int) -> bool:
    """Whether posts wait for a moment in which they can be taken back; yes until said otherwise."""
    chosen = await tx.value(queries.CHOICE, me=account_id)
    return True if chosen is None else bool(chosen)


async def set_undo(tx: Transaction, account_id: int, *, wanted: bool) -> None:
    """Switches that on or off."""
    await tx.run(queries.SET_CHOICE, account_id=account_id, undo_send=wanted)
