"""A round of mails to those in charge: counts what is new for each of them, and notes the mails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.features.access.service import Logins
from fedrse.features.moderation import queries_alerts as queries
from fedrse.features.moderation.service_alerts import APART, Alerts, Wishes
from fedrse.features.moderation.service_appeals import Appeals
from fedrse.features.moderation.service_letters import Letters
from fedrse.http.rights import Right
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction

MOST_APPEALS: Final = 200  # counted in one mail

SignUps = Callable[[Transaction, int], Awaitable[int]]
"""How many wait for an account since a time (milliseconds): ``Registrations.count_waiting``."""


class Waiting(Struct, frozen=True):
    """How much is new for one person."""

    reports: int = 0
    appeals: int = 0
    accounts: int = 0

    @property
    def total(self) -> int:
        return self.reports + self.appeals + self.accounts


class AlertRounds:
    """Goes round: counts what is new for each person in charge, and notes the mails."""

    def __init__(
        self,
        *,
        clock: Clock,
        alerts: Alerts,
        letters: Letters,
        logins: Logins,
        appeals: Appeals,
        sign_ups: SignUps,
    ) -> None:
        self._clock = clock
        self._alerts = alerts
        self._letters = letters
        self._logins = logins
        self._appeals = appeals
        self._sign_ups = sign_ups

    async def go(self, tx: Transaction, _job: Job) -> None:
        """One round, in the transaction of its job."""
        now = self._clock.now()
        rights = {
            right: set(await self._logins.holders(tx, right))
            for right in (Right.MANAGE_REPORTS, Right.MANAGE_APPEALS, Right.MANAGE_USERS)
        }
        people = sorted(set().union(*rights.values()))
        known = {row.account_id: row for row in await tx.all(queries.STATES, ids=people)}
        later: list[int] = []
        for person in people:
            row = known.get(person)
            wishes = Wishes() if row is None else Wishes(row.reports, row.appeals, row.accounts)
            told = 0 if row is None else row.told_at
            wishes = Wishes(
                wishes.reports and person in rights[Right.MANAGE_REPORTS],
                wishes.appeals and person in rights[Right.MANAGE_APPEALS],
                wishes.accounts and person in rights[Right.MANAGE_USERS],
            )
            if wishes.any and await self._tell(tx, person, wishes, told, now=now):
                later.append(told + APART)
        if later:
            await self._alerts.call(tx, at=min(later))

    async def _tell(
        self, tx: Transaction, person: int, wishes: Wishes, told: int, *, now: int
    ) -> bool:
        """Writes to somebody, or says (True) that there is something for later."""
        waiting = await self._new_for(tx, person, wishes, told)
        if not waiting.total:
            return False
        if told + APART > now:
            return True
        await tx.run(queries.SET_TOLD, account_id=person, told_at=now)
        await self._letters.waiting(
            tx,
            person,
            reports=waiting.reports,
            appeals=waiting.appeals,
            accounts=waiting.accounts,
        )
        return False

    async def _new_for(self, tx: Transaction, person: int, wishes: Wishes, told: int) -> Waiting:
        """What is new since somebody was told (milliseconds), and theirs to look at."""
        reports = appeals = accounts = 0
        if wishes.reports:
            reports = int(await tx.value(queries.COUNT_REPORTS, since=told, who=person))
        if wishes.appeals:
            found = await self._appeals.since(tx, told, most=MOST_APPEALS)
            mine = [one for one in found if await self._appeals.may_answer(tx, person, one)]
            appeals = len(mine)
        if wishes.accounts:
            accounts = await self._sign_ups(tx, told)
        return Waiting(reports, appeals, accounts)
