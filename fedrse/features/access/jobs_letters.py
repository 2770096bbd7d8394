"""Writes and sends the mails that ``service_letters`` notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedrse.features.access.model_registration import Registration
from fedrse.features.access.model_security import LINK_LIFE, Visitor
from fedrse.features.access.service import Logins
from fedrse.features.access.service_letters import (
    BROWSER,
    CHANGED,
    CONFIRM,
    REJECTED,
    RESET,
    SEND,
)
from fedrse.features.access.service_links import PasswordLinks
from fedrse.features.access.service_registration import Registrations
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.net.mail import Mailer
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.letters import Letter, LetterWriter
from fedrse.web.renderer import Renderer

_SUBJECTS = {
    "confirm": translatable("Confirm your address"),
    "taken": translatable("You have an account already"),
    "welcome": translatable("Your account is ready"),
    "rejected": translatable("Your request for an account"),
    "reset": translatable("Choose a new password"),
    "changed": translatable("Your password was changed"),
    "browser": translatable("Signed in with a new browser"),
}


class LetterJobs:
    """The handler of ``access.mail``."""

    def __init__(
        self,
        *,
        database: Database,
        registrations: Registrations,
        logins: Logins,
        links: PasswordLinks,
        renderer: Renderer,
        mailer: Mailer,
        origin: str,
    ) -> None:
        self._database = database
        self._registrations = registrations
        self._logins = logins
        self._links = links
        self._letters = LetterWriter(
            renderer=renderer, mailer=mailer, feature="access", subjects=_SUBJECTS
        )
        self._login = f"{origin}/login"
        self._security = f"{origin}/settings/security"

    def register(self, runner: Runner) -> None:
        """Registers the job of this feature."""
        runner.handle(SEND, self.send)

    async def send(self, job: Job) -> None:
        """Writes the mail as things are now; what it was about may be over."""
        if job.arguments["letter"] == RESET:
            letter = await self._database.write(self._reset, job.arguments)
        else:
            letter = await self._database.read(self._find, job.arguments)
        await self._letters.send(letter, job)

    async def _find(self, tx: Transaction, arguments: Mapping[str, Any]) -> Letter | None:
        kind = arguments["letter"]
        if kind == CONFIRM:
            known = await self._registrations.by_id(tx, arguments["registration"])
            return None if known is None else await self._confirm(tx, known)
        if kind == REJECTED:
            values = {"username": arguments["username"]}
            return Letter(kind, arguments["email"], arguments["locale"], values)
        login = await self._logins.by_account(tx, arguments["account"])
        if login is None:
            return None
        if kind in {CHANGED, BROWSER}:
            values = {
                "username": login.username,
                "link": self._security,
                "agent": arguments.get("agent", ""),
                "address": arguments.get("address", ""),
            }
            return Letter(kind, login.email, login.locale, values)
        values = {"username": login.username, "link": self._login}
        return Letter(kind, login.email, login.locale, values)

    async def _reset(self, tx: Transaction, arguments: Mapping[str, Any]) -> Letter | None:
        """The link is made now: it is written down nowhere but in the mail."""
        login = await self._logins.named(tx, arguments["name"])
        if login is None or not login.may_enter:
            return None
        visitor = Visitor(arguments["agent"], arguments["address"])
        link = await self._links.make(tx, login.account_id, life=LINK_LIFE, visitor=visitor)
        values = {"username": login.username, "link": link}
        return Letter(RESET, login.email, login.locale, values)

    async def _confirm(self, tx: Transaction, known: Registration) -> Letter | None:
        """Who has an account is told so, and by mail only."""
        if known.confirmed_at is not None:
            return None
        if await self._registrations.has_login(tx, known.email):
            return Letter("taken", known.email, known.locale, {"link": self._login})
        values = {"username": known.username, "link": self._registrations.link(known)}
        return Letter("confirm", known.email, known.locale, values)
