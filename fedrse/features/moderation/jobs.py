"""Mails of moderation, the end of decisions for a time, and of evidence that is old."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fedrse.core.clock import HOUR, Clock
from fedrse.features.access.service import Logins
from fedrse.features.moderation import service_evidence
from fedrse.features.moderation.model_decisions import (
    EXPLAINED,
    Action,
    AppealState,
    Decision,
    Ending,
)
from fedrse.features.moderation.service_alert_rounds import AlertRounds
from fedrse.features.moderation.service_alerts import ROUND
from fedrse.features.moderation.service_decisions import EXPIRE, Decisions
from fedrse.features.moderation.service_letters import ANSWERED, LOOKED_AT, SEND, WAITING
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.net.mail import Mailer
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.letters import Letter, LetterWriter
from fedrse.web.renderer import Renderer

SWEEP: Final = "moderation.sweep"
SWEEP_EVERY: Final = 6 * HOUR
_SUBJECTS: Final = {
    "decided": translatable("What was decided about your account"),
    "answered": translatable("The answer to your appeal"),
    "ended": translatable("A decision about your account has ended"),
    "looked_at": translatable("Your report was looked at"),
    "waiting": translatable("Something new waits for those in charge"),
}
_NUMBERS: Final = ("reports", "appeals", "accounts")


class ModerationJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        decisions: Decisions,
        rounds: AlertRounds,
        logins: Logins,
        renderer: Renderer,
        mailer: Mailer,
        origin: str,
        evidence_kept: int,
    ) -> None:
        """``evidence_kept`` in milliseconds after a report was closed."""
        self._database = database
        self._clock = clock
        self._decisions = decisions
        self._rounds = rounds
        self._logins = logins
        self._letters = LetterWriter(
            renderer=renderer, mailer=mailer, feature="moderation", subjects=_SUBJECTS
        )
        self._origin = origin
        self._evidence_kept = evidence_kept

    def register(self, runner: Runner) -> None:
        """Registers the jobs of this feature."""
        runner.handle(SEND, self.send)
        runner.handle_in_transaction(EXPIRE, self._decisions.expire)
        runner.handle_in_transaction(ROUND, self._rounds.go)
        runner.every(SWEEP_EVERY, SWEEP, self.sweep)

    async def sweep(self, _job: Job) -> None:
        """Forgets evidence of reports that were closed long ago."""
        before = self._clock.now() - self._evidence_kept
        await self._database.write(service_evidence.sweep, before)

    async def send(self, job: Job) -> None:
        """Writes the mail as things are now."""
        letter = await self._database.read(self._find, job.arguments)
        await self._letters.send(letter, job)

    async def _find(self, tx: Transaction, arguments: Mapping[str, Any]) -> Letter | None:
        kind = arguments["letter"]
        decision = None
        if "decision" in arguments:
            decision = await self._decisions.access(tx, arguments["decision"])
        holder = arguments.get("account") or (0 if decision is None else decision.account_id)
        login = await self._logins.by_account(tx, holder)
        if login is None:
            return None
        values: dict[str, Any] = {"username": login.username}
        if kind == LOOKED_AT:
            values["link"] = f"{self._origin}/decisions"
            values["acted"] = bool(arguments.get("acted"))
        elif kind == WAITING:
            values |= {name: int(arguments[name]) for name in _NUMBERS}
            values["origin"] = self._origin
        elif decision is not None:
            values |= self._of(kind, decision)
        return Letter(kind, login.email, login.locale, values)

    def _of(self, kind: str, decision: Decision) -> dict[str, Any]:
        values: dict[str, Any] = {
            "link": f"{self._origin}/decisions/{decision.id}",
            "what": EXPLAINED[Action(decision.action)],
            "text": decision.text,
            "until": decision.expires_at,
            "expired": decision.ending == Ending.EXPIRED,
        }
        if kind == ANSWERED:
            right = decision.appeal_state == AppealState.APPROVED
            values |= {"approved": right, "answer": decision.appeal_answer}
        return values
