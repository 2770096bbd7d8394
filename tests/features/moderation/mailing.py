"""A site with a mail server, for tests of the mails of moderation."""

from __future__ import annotations

import json
from email.message import EmailMessage

from sqlalchemy import bindparam, delete, select

from fedrse.app.moderation import make_moderation
from fedrse.features.access.tables import login
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import Wish
from fedrse.features.moderation.service_letters import SEND
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.moderation.staff import staff
from tests.features.whole import Caller, WholeSite
from tests.net.smtp_server import Post

WAITING = Statement(select(job).where(job.c.kind == bindparam("of_kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("of_kind")))
SPEAK = Statement(
    login.update()
    .where(login.c.account_id == bindparam("who"))
    .values(locale=bindparam("language"))
)


class Stage:
    """A site with its mail server, a moderator, and two people."""

    def __init__(self, whole: WholeSite, office: Post) -> None:
        self.whole = whole
        self._office = office

    async def people(self) -> tuple[Caller, Caller, Caller]:
        whole = self.whole
        return await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")

    async def speaks(self, who: Caller, language: str) -> None:
        async def unit(tx: Transaction) -> None:
            await tx.run(SPEAK, who=who.account.id, language=language)

        await self.whole.site.ground.database.write(unit)

    async def mails(self) -> list[EmailMessage]:
        """What is sent now, the oldest first."""

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, of_kind=SEND)]
            await tx.run(FORGET, of_kind=SEND)
            return found

        for arguments in await self.whole.site.ground.database.write(take):
            await self.whole.do_job(SEND, **json.loads(arguments))
        found, self._office.mails = self._office.mails, []
        return found

    async def judge(self, by: Caller, wish: Wish) -> int:
        decisions = make_moderation(self.whole.site.ground, self.whole.site.services).decisions

        async def unit(tx: Transaction) -> int:
            return (await decisions.decide(tx, person(by.account.id), wish)).id

        return await self.whole.site.ground.database.write(unit)


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in mail.iter_parts())
    return text, html
