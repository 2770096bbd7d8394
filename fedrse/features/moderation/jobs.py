"""Mails about decisions, the end of decisions for a time, and of evidence that is old."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import HOUR, Clock
from fedrse.core.html import html_to_text
from fedrse.features.access.service import Logins
from fedrse.features.moderation import service_evidence
from fedrse.features.moderation.model_decisions import EXPLAINED, Action, AppealState, Decision
from fedrse.features.moderation.service_decisions import EXPIRE, Decisions
from fedrse.features.moderation.service_letters import ANSWERED, APPEALED, LOOKED_AT, SEND
from fedrse.jobs.model import GiveUp, Job
from fedrse.jobs.runner import Runner
from fedrse.net.mail import Mail, Mailer, MailRefused
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

SWEEP: Final = "moderation.sweep"
SWEEP_EVERY: Final = 6 * HOUR
_SUBJECTS: Final = {
    "decided": translatable("What was decided about your account"),
    "answered": translatable("The answer to your appeal"),
    "looked_at": translatable("Your report was looked at"),
    "appealed": translatable("Somebody appeals against a decision"),
}


class _Letter(Struct, frozen=True):
    """What to write to whom; ``values`` are those of the template."""

    kind: str
    to: str
    language: str
    values: dict[str, Any]


class ModerationJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        decisions: Decisions,
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
        self._logins = logins
        self._renderer = renderer
        self._mailer = mailer
        self._origin = origin
        self._evidence_kept = evidence_kept

    def register(self, runner: Runner) -> None:
        """Registers the jobs of this feature."""
        runner.handle(SEND, self.send)
        runner.handle_in_transaction(EXPIRE, self._decisions.expire)
        runner.every(SWEEP_EVERY, SWEEP, self.sweep)

    async def sweep(self, _job: Job) -> None:
        """Forgets evidence of reports that were closed long ago."""
        before = self._clock.now() - self._evidence_kept
        await self._database.write(service_evidence.sweep, before)

    async def send(self, job: Job) -> None:
        """Writes the mail as things are now."""
        letter = await self._database.read(self._find, job.arguments)
        if letter is None or not self._mailer.is_on:
            return
        subject = self._renderer.languages.gettext(letter.language, _SUBJECTS[letter.kind])
        html = self._renderer.letter(
            letter.language,
            f"moderation/letter_{letter.kind}.html",
            subject=subject,
            **letter.values,
        )
        mail = Mail(
            reference=f"{letter.kind}.{job.id}",
            to=letter.to,
            subject=subject,
            text=html_to_text(html.partition("<body")[2].partition(">")[2]),
            html=html,
            language=letter.language,
        )
        try:
            await self._mailer.send(mail)
        except MailRefused as error:
            raise GiveUp(str(error)) from error

    async def _find(self, tx: Transaction, arguments: Mapping[str, Any]) -> _Letter | None:
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
        elif kind == APPEALED:
            values["link"] = f"{self._origin}/admin/reports/appeals"
        elif decision is not None:
            values |= self._of(kind, decision)
        return _Letter(kind, login.email, login.locale, values)

    def _of(self, kind: str, decision: Decision) -> dict[str, Any]:
        values: dict[str, Any] = {
            "link": f"{self._origin}/decisions/{decision.id}",
            "what": EXPLAINED[Action(decision.action)],
            "text": decision.text,
            "until": decision.expires_at,
        }
        if kind == ANSWERED:
            right = decision.appeal_state == AppealState.APPROVED
            values |= {"approved": right, "answer": decision.appeal_answer}
        return values
