"""Writes the mails to those who asked for somebody's posts, and finds what is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from fedrse.core.clock import HOUR
from fedrse.core.errors import NotFound
from fedrse.core.html import excerpt
from fedrse.features.accounts.model import Account
from fedrse.features.mail.model import BATCH_EVERY, Purpose, Subscription
from fedrse.features.mail.service import ASKED, SEND, Subscriptions
from fedrse.features.mail.service_batches import SPREAD, Batches
from fedrse.features.posts.model_preview import title_of
from fedrse.jobs.model import GiveUp, Job
from fedrse.jobs.runner import Runner
from fedrse.net.mail import Mailer, RecipientRefused
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.letters import Letter, LetterWriter
from fedrse.web.renderer import Renderer

COLLECT, SWEEP = "mail.collect", "mail.sweep"
LONGEST_SUBJECT = 60
CONFIRM, KNOWN, ONE, SEVERAL = "confirm", "known", "post", "posts"
Entity = dict[str, Any]

_SUBJECTS = {
    CONFIRM: translatable("Posts of %(name)s by mail: confirm your address"),
    KNOWN: translatable("You get the posts of %(name)s already"),
    ONE: translatable("%(name)s: %(title)s"),
    SEVERAL: translatable("%(name)s: %(number)s new posts"),
}


class MailJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        subscriptions: Subscriptions,
        batches: Batches,
        renderer: Renderer,
        mailer: Mailer,
        domain: str,
    ) -> None:
        """``domain`` is that of handles; it names the list of each person (RFC 2919)."""
        self._database = database
        self._subscriptions = subscriptions
        self._batches = batches
        self._letters = LetterWriter(
            renderer=renderer, mailer=mailer, feature="mail", subjects=_SUBJECTS
        )
        self._domain = domain.partition(":")[0]

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(SEND, self.send)
        runner.handle_in_transaction(SPREAD, self._batches.spread)
        runner.every(BATCH_EVERY, COLLECT, self.collect)
        runner.every(HOUR, SWEEP, self.sweep)

    async def collect(self, _job: Job) -> None:
        """Every few minutes: what is new."""
        await self._database.write(self._batches.collect)

    async def sweep(self, _job: Job) -> None:
        """Every hour: what nobody confirmed, and offers that are not allowed any more."""
        await self._database.write(self._subscriptions.sweep)

    async def send(self, job: Job) -> None:
        """Writes a mail as things are now; an address that takes no mail is forgotten."""
        letter = await self._database.read(self._find, job.arguments)
        try:
            await self._letters.send(letter, job)
        except GiveUp as error:
            if isinstance(error.__cause__, RecipientRefused):
                await self._database.write(
                    self._subscriptions.remove, int(job.arguments["subscription"])
                )
                return
            raise

    async def _find(self, tx: Transaction, arguments: Mapping[str, Any]) -> Letter | None:
        known = await self._subscriptions.by_id(tx, int(arguments["subscription"]))
        if known is None:
            return None
        if arguments["letter"] == ASKED:
            return await self._question(tx, known)
        found = await self._batches.readable(tx, known, arguments["posts"])
        return None if found is None else self._news(known, *found)

    async def _question(self, tx: Transaction, known: Subscription) -> Letter | None:
        """Who gets the posts already is told so, by mail only."""
        try:
            account = await self._subscriptions.access_author(tx, known.account_id)
        except NotFound:
            return None
        if known.confirmed_at is not None:
            return self._letter(KNOWN, known, account)
        link = self._subscriptions.link(Purpose.CONFIRM, known)
        return self._letter(CONFIRM, known, account, link=link)

    def _news(self, known: Subscription, account: Account, statuses: list[Entity]) -> Letter:
        shown, more = self._batches.cut(statuses)
        return self._letter(
            ONE if len(statuses) == 1 else SEVERAL,
            known,
            account,
            title=excerpt(title_of(statuses[0]), LONGEST_SUBJECT),
            number=len(statuses),
            posts=[_view(one) for one in shown],
            more=more,
        )

    def _letter(self, kind: str, known: Subscription, account: Account, **values: object) -> Letter:
        end = self._subscriptions.link(Purpose.UNSUBSCRIBE, known)
        name = " ".join((account.display_name or account.username).split())
        return Letter(
            kind,
            known.email,
            known.locale,
            {
                "name": name,
                "handle": f"@{account.handle}",
                "page": account.url,
                "end": end,
                **values,
            },
            headers=(
                ("List-ID", f"<{account.username.lower()}.{self._domain}>"),  # RFC 2919
                ("List-Unsubscribe", f"<{end}>"),  # RFC 2369
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
            ),
        )


def _view(status: Entity) -> Entity:
    """What a mail shows of a post: nothing is fetched when it is opened, so no pictures."""
    warning = str(status["spoiler_text"])
    return {
        "warning": warning,
        "content": "" if warning else Markup(status["content"]),  # noqa: S704  (cleaned before)
        "files": len(status["media_attachments"]),
        "is_poll": status["poll"] is not None,
        "page": status["url"] or status["uri"],
    }
