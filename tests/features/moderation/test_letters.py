"""Mails about decisions and reports, over a mail server: to whom, in which language, with what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import bindparam, delete, select

from fedrse.app.moderation import make_moderation
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.settings_limits import LimitSettings
from fedrse.core.settings_mail import MailSecurity, MailSettings
from fedrse.features.access.model import Role
from fedrse.features.access.tables import login
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import EXPLAINED, Action, Wish
from fedrse.features.moderation.service_decisions import EXPIRE
from fedrse.features.moderation.service_letters import SEND
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from fedrse.web.languages import Languages
from tests.features.moderation.staff import decide, post, reported, staff
from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite, whole_site
from tests.net.smtp_server import Post, post_office

LANGUAGES = Languages()
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


@pytest.fixture
async def stage(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[Stage]:
    async with post_office() as office:
        mail = MailSettings(host="localhost", port=office.port, security=MailSecurity.NONE)
        limits = LimitSettings(enabled=False)
        async with whole_site(url, tmp_path, key_pair, clock, mail=mail, limits=limits) as whole:
            yield Stage(whole, office)


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in mail.iter_parts())
    return text, html


ACTIONS = ["none", "silence", "sensitive", "disable", "suspend"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("action", ACTIONS)
async def test_the_person_concerned_hears_of_it(stage: Stage, action: str, language: str) -> None:
    mod, ami, _ = await stage.people()
    await stage.speaks(ami, language)
    await decide(mod, ami, action, text="Trois <messages> & plus.", send_email_notification=True)
    (mail,) = await stage.mails()
    assert (mail["To"], mail["Content-Language"]) == ("ami@mail.example", language)
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = parts(mail)
    said = EXPLAINED[Action(action)]
    sentence = LANGUAGES.gettext(language, said)
    if language == "fr":
        assert sentence != said
    for part in (text, unescape(html)):
        assert sentence in part
        assert "https://lyon.corp.example/decisions/" in part
    assert "Trois <messages> & plus." in text
    assert "Trois &lt;messages&gt; &amp; plus." in html
    assert mail["Subject"] == LANGUAGES.gettext(language, "What was decided about your account")


async def test_nobody_gets_a_mail_where_that_was_not_wished(stage: Stage) -> None:
    mod, ami, _ = await stage.people()
    await decide(mod, ami, "none", text="Between us.", send_email_notification=False)
    assert await stage.mails() == []


@pytest.mark.parametrize("approved", [True, False])
async def test_the_answer_to_an_appeal(stage: Stage, approved: bool) -> None:
    mod, ami, _ = await stage.people()
    chief = await staff(stage.whole, "chief", Role.ADMIN)
    wish = Wish(account_id=ami.account.id, action=Action.LIMIT, text="Too loud.")
    number = await stage.judge(mod, wish)
    await stage.mails()
    appeals = make_moderation(stage.whole.site.ground, stage.whole.site.services).appeals
    write = stage.whole.site.ground.database.write
    await write(appeals.appeal, ami.account.id, number, "I was not.")
    (told,) = await stage.mails()
    assert told["To"] == "chief@mail.example", "whoever decided cannot answer"
    assert "https://lyon.corp.example/admin/reports/appeals" in parts(told)[0]

    async def answer(tx: Transaction) -> None:
        by = person(chief.account.id)
        await appeals.answer(tx, by, number, approved=approved, text="We looked again.")

    await write(answer)
    (mail,) = await stage.mails()
    assert (mail["To"], mail["Subject"]) == ("ami@mail.example", "The answer to your appeal")
    for part in parts(mail):
        assert ("the decision is taken back" in part) is approved
        assert ("the decision stands" in part) is not approved
        assert "We looked again." in part


async def test_whoever_wants_no_mails_about_appeals_gets_none(stage: Stage) -> None:
    mod, ami, bob = await stage.people()
    whole, write = stage.whole, stage.whole.site.ground.database.write
    appeals = make_moderation(whole.site.ground, whole.site.services).appeals
    chief = await staff(whole, "chief", Role.ADMIN)
    other = await staff(whole, "other", Role.ADMIN)
    assert other.account.id != chief.account.id
    page = await visitor(whole, chief)
    assert "You get a mail for each appeal" in await page.read("/admin/reports/appeals")
    assert await page.sent("/admin/reports/appeals/mails") == "/admin/reports/appeals"

    async def appealed(who: Caller) -> list[str]:
        wish = Wish(account_id=who.account.id, action=Action.WARN, sends_mail=False)
        await write(appeals.appeal, who.account.id, await stage.judge(mod, wish), "No.")
        return sorted(mail["To"] for mail in await stage.mails())

    assert await appealed(ami) == ["other@mail.example"]
    assert "You get no mails about appeals" in await page.read("/admin/reports/appeals")
    await page.sent("/admin/reports/appeals/mails", mailed="1")
    assert await appealed(bob) == ["chief@mail.example", "other@mail.example"]


async def test_what_is_taken_back_or_over_is_told(stage: Stage, clock: ManualClock) -> None:
    mod, ami, _ = await stage.people()
    await stage.speaks(ami, "fr")
    await decide(mod, ami, "silence")
    await stage.mails()
    await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsilence")
    (mail,) = await stage.mails()
    assert mail["Subject"] == "Une décision concernant votre compte a pris fin"
    for part in parts(mail):
        assert "ont annulé ce qu’ils avaient décidé" in part
    wish = Wish(account_id=ami.account.id, action=Action.FREEZE, life=DAY, sends_mail=True)
    number = await stage.judge(mod, wish)
    assert len(await stage.mails()) == 1
    clock.advance(DAY)
    await stage.whole.do_job(EXPIRE, decision=number)
    (mail,) = await stage.mails()
    assert "la durée d’une décision concernant votre compte est écoulée" in parts(mail)[0]


@pytest.mark.parametrize("acted", [True, False])
async def test_whoever_reported_hears_that_it_was_looked_at(stage: Stage, acted: bool) -> None:
    mod, ami, bob = await stage.people()
    report = await reported(bob, ami, await post(ami, "Bad words"))
    assert await stage.mails() == []
    if acted:
        await decide(
            mod, ami, "suspend", text="Enough.", report_id=report, send_email_notification=False
        )
    else:
        await mod.ok("POST", f"/api/v1/admin/reports/{report}/resolve")
    (mail,) = await stage.mails()
    assert (mail["To"], mail["Subject"]) == ("bob@mail.example", "Your report was looked at")
    for part in parts(mail):
        assert ("Action was taken." in part) is acted
        assert ("No rule was found to be broken." in part) is not acted
        assert "Enough" not in part
        assert "suspend" not in part.lower()
        assert "@ami" not in part
    (told,) = await bob.get("/api/v1/notifications?types[]=report_looked_at")
    assert told["acted"] is acted
    assert told["report"]["id"] == report
    assert told["report"]["action_taken"] is True
    assert told["report"]["target_account"]["id"] == ami.id
    if not acted:  # whoever is suspended looks at nothing
        assert await ami.get("/api/v1/notifications?types[]=report_looked_at") == []
