"""The second step: an authenticator app, and codes on paper."""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import Conflict
from fedrse.core.settings import LimitSettings
from fedrse.features.access import queries_security as queries
from fedrse.features.access.model import hash_secret
from fedrse.features.access.model_second_factor import (
    WrongCode,
    digits_of,
    new_recovery_codes,
    new_totp_secret,
    plain_recovery_code,
    step_of_code,
)
from fedrse.features.access.model_security import Happened, Visitor
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.http.rate_limits import Window
from fedrse.store.database import Transaction


class SecondFactorState(Struct, frozen=True):
    """What somebody has set up; ``since`` is None where no app asks for codes."""

    since: int | None
    codes_left: int


class SecondFactors:
    """The only writer of app secrets and codes on paper."""

    def __init__(
        self, *, clock: Clock, cipher: KeyCipher, log: SecurityLog, limits: LimitSettings
    ) -> None:
        self._clock = clock
        self._cipher = cipher
        self._log = log
        self._attempts = (
            Window(clock, limit=limits.logins_per_5_minutes, length=5 * MINUTE)
            if limits.enabled
            else None
        )

    async def state(self, tx: Transaction, account_id: int) -> SecondFactorState:
        """What there is."""
        row = await tx.one(queries.TOTP, holder=account_id)
        left = await tx.value(queries.COUNT_CODES, holder=account_id)
        return SecondFactorState(None if row is None else row.confirmed_at, int(left))

    async def is_on(self, tx: Transaction, account_id: int) -> bool:
        """Whether a code is needed beside the password."""
        row = await tx.one(queries.TOTP, holder=account_id)
        return row is not None and row.confirmed_at is not None

    async def begin(self, tx: Transaction, account_id: int) -> None:
        """Makes a secret; one that was never confirmed is replaced, one in use stays."""
        sealed = self._cipher.encrypt(new_totp_secret(), _purpose(account_id))
        await tx.run(queries.BEGIN_TOTP, holder=account_id, sealed=sealed, at=self._clock.now())

    async def pending_secret(self, tx: Transaction, account_id: int) -> bytes | None:
        """The secret to show; None where nothing was begun, or it is in use already."""
        row = await tx.one(queries.TOTP, holder=account_id)
        if row is None or row.confirmed_at is not None:
            return None
        return self._cipher.decrypt(row.secret, _purpose(account_id))

    async def confirm(
        self, tx: Transaction, account_id: int, code: str, visitor: Visitor
    ) -> list[str]:
        """Switches it on with a first code; returns the codes on paper, told now only.

        Raises WrongCode, TooMany, Conflict.
        """
        self.count(account_id)
        row = await tx.one(queries.TOTP, holder=account_id)
        if row is None or row.confirmed_at is not None:
            raise Conflict("totp_on", "An authenticator app is set up already.")
        await self._use_app_code(tx, account_id, code)
        await tx.run(queries.CONFIRM_TOTP, holder=account_id, at=self._clock.now())
        await self._log.note(tx, account_id, Happened.TOTP_ON, visitor)
        return await self.renew_codes(tx, account_id, visitor)

    async def renew_codes(self, tx: Transaction, account_id: int, visitor: Visitor) -> list[str]:
        """Ten new codes on paper instead of all before; told now only."""
        codes = new_recovery_codes()
        await tx.run(queries.DROP_CODES, holder=account_id)
        for code in codes:
            hashed = hash_secret(plain_recovery_code(code))
            await tx.run(queries.ADD_CODE, account_id=account_id, code=hashed, used_at=None)
        await self._log.note(tx, account_id, Happened.RECOVERY_CODES_MADE, visitor)
        return codes

    def count(self, account_id: int) -> None:
        """Counts a try, right or wrong. Raises TooMany."""
        if self._attempts is not None:
            self._attempts.take(account_id)

    async def check(self, tx: Transaction, account_id: int, text: str, visitor: Visitor) -> None:
        """Uses a code of the app or one on paper; count the try before. Raises WrongCode."""
        if digits_of(text):
            await self._use_app_code(tx, account_id, text)
            return
        code = plain_recovery_code(text)
        if not code or not await tx.run(
            queries.USE_CODE, holder=account_id, of_code=hash_secret(code), at=self._clock.now()
        ):
            raise WrongCode
        await self._log.note(tx, account_id, Happened.RECOVERY_CODE_USED, visitor)

    async def turn_off(
        self, tx: Transaction, account_id: int, visitor: Visitor | None, *, by_admin: bool = False
    ) -> None:
        """No code is asked for any more, and those on paper are void."""
        await tx.run(queries.DROP_TOTP, holder=account_id)
        await tx.run(queries.DROP_CODES, holder=account_id)
        await tx.run(queries.DROP_STEPS_OF, holder=account_id)
        kind = Happened.SECOND_FACTOR_RESET if by_admin else Happened.TOTP_OFF
        await self._log.note(tx, account_id, kind, visitor)

    async def _use_app_code(self, tx: Transaction, account_id: int, text: str) -> None:
        row = await tx.one(queries.TOTP, holder=account_id)
        if row is None:
            raise WrongCode
        secret = self._cipher.decrypt(row.secret, _purpose(account_id))
        step = step_of_code(secret, digits_of(text), now=self._clock.now(), after=row.last_step)
        # The condition of the statement decides between two browsers with the same code.
        if step is None or not await tx.run(queries.USE_STEP, holder=account_id, used=step):
            raise WrongCode


def _purpose(account_id: int) -> str:
    return f"totp {account_id}"
