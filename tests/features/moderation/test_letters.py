"""Mails about decisions and reports, over a mail server: to whom, in which language, with what."""

from __future__ import annotations

from html import unescape

import pytest

from fedrse.app.moderation import make_moderation
from fedrse.core.clock import DAY, ManualClock
from fedrse.features.access.model import Role
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import EXPLAINED, Action, Wish
from fedrse.features.moderation.service_decisions import EXPIRE
from fedrse.store.database import Transaction
from fedrse.web.languages import Languages
from tests.features.moderation.mailing import Stage, parts
from tests.features.moderation.staff import decide, post, reported, staff

LANGUAGES = Languages()

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
