"""When people were here last, and how many were here on each day. The only writer of ``visit``."""

from __future__ import annotations

from fedrse.core.clock import DAY
from fedrse.features.access import queries
from fedrse.store.database import Transaction


async def note_visit(tx: Transaction, account_id: int, now: int) -> None:
    """Somebody is here; ``now`` in milliseconds. Their first visit of a day (UTC) is counted."""
    day = now // DAY
    await tx.run(queries.COUNT_VISIT, login_id=account_id, of_day=day, begins=day * DAY)
    await tx.run(queries.TOUCH_LOGIN, login_id=account_id, at=now)
