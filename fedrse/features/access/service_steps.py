"""What a browser has begun and has to finish soon: the second step, a passkey."""

from __future__ import annotations

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.features.access import queries_security as queries
from fedrse.features.access.model import hash_secret, new_secret
from fedrse.features.access.model_security import STEP_LIFE, Step
from fedrse.store.database import Transaction

MOST_TRIES = 10


class StepOver(Invalid):
    """It took too long, was finished already, or was tried too often."""

    def __init__(self) -> None:
        super().__init__("step_over", "This took too long. Please begin again.")


class Steps:
    """Begins, shows and ends steps; the token is in a cookie of the browser."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def begin(
        self, tx: Transaction, kind: str, *, account_id: int | None, state: str = ""
    ) -> str:
        """Notes what was begun; returns the token."""
        token = new_secret()
        await tx.run(
            queries.ADD_STEP,
            token=hash_secret(token),
            kind=kind,
            account_id=account_id,
            state=state,
            tries=0,
            expires_at=self._clock.now() + STEP_LIFE,
        )
        return token

    async def get(self, tx: Transaction, kind: str, token: str) -> Step:
        """What was begun. Raises StepOver."""
        row = await tx.one(queries.STEP, token=hash_secret(token), kind=kind, at=self._clock.now())
        if row is None or row.tries >= MOST_TRIES:
            raise StepOver
        return Step(row.kind, row.account_id, row.state, row.tries)

    async def missed(self, tx: Transaction, token: str) -> None:
        """Counts a wrong try."""
        await tx.run(queries.TRY_STEP, of_token=hash_secret(token))

    async def end(self, tx: Transaction, kind: str, token: str) -> Step:
        """Finishes it: nobody can a second time. Raises StepOver."""
        step = await self.get(tx, kind, token)
        if await tx.value(queries.END_STEP, token=hash_secret(token), kind=kind) is None:
            raise StepOver
        return step

    async def sweep(self, tx: Transaction) -> None:
        """Drops what was never finished."""
        await tx.run(queries.DROP_STEPS, at=self._clock.now())
