"""How far somebody has come in the first steps. The only writer of ``welcome``."""

from __future__ import annotations

from typing import Final

from fedrse.core.clock import Clock
from fedrse.features.directory import queries_welcome as queries
from fedrse.features.directory.model_welcome import DONE, STEPS
from fedrse.store.database import Transaction

PATH: Final = "/welcome"


class Welcome:
    """Three steps after the first sign-in; whoever leaves goes on there next time."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def step(self, tx: Transaction, account_id: int) -> int:
        """The number of the step that comes next; ``DONE`` where none does."""
        row = await tx.one(queries.STEP, me=account_id)
        return 0 if row is None else min(int(row.step), DONE)

    async def path(self, tx: Transaction, account_id: int) -> str:
        """Where somebody goes first who signs in; empty where all is done."""
        step = await self.step(tx, account_id)
        return "" if step >= DONE else f"{PATH}/{STEPS[step]}"

    async def reach(self, tx: Transaction, account_id: int, step: int) -> None:
        """Remembers the step that comes next; never goes back."""
        if step > await self.step(tx, account_id):
            now = self._clock.now()
            await tx.run(queries.REACH, account_id=account_id, step=step, updated_at=now)

    async def finish(self, tx: Transaction, account_id: int) -> None:
        """Asks no more."""
        await self.reach(tx, account_id, DONE)
