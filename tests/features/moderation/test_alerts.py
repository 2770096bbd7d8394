"""Mails to those in charge, over a mail server: collected, with numbers, without any content."""

from __future__ import annotations

from email.message import EmailMessage
from html import unescape

import pytest
from sqlalchemy import bindparam, delete, select

from fedrse.app.moderation import make_moderation
from fedrse.core.clock import MINUTE, ManualClock
from fedrse.features.access.model import Role
from fedrse.features.access.model_events import SignUpWaits
from fedrse.features.access.tables import registration
from fedrse.features.moderation.model_decisions import Action, Wish
from fedrse.features.moderation.service_alerts import APART, ROUND
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert
from tests.features.moderation.mailing import Stage, parts
from tests.features.moderation.staff import reported, staff
from tests.features.visitor import visitor
from tests.features.whole import Caller

CALLED = Statement(select(job.c.due_at).where(job.c.kind == ROUND))
FORGET = Statement(delete(job).where(job.c.kind == ROUND, job.c.due_at <= bindparam("now")))
WAITS = Statement(insert(registration))
WORDS = "A very private word"


async def rounds(stage: Stage, clock: ManualClock) -> list[EmailMessage]:
    """Does what is due now; the mails of it."""

    async def take(tx: Transaction) -> int:
        return await tx.run(FORGET, now=clock.now())

    if await stage.whole.site.ground.database.write(take):
        await stage.whole.do_job(ROUND)
    return await stage.mails()


async def calls(stage: Stage) -> list[int]:
    """When rounds are due."""
    read = stage.whole.site.ground.database.read
    return [row.due_at for row in await read(lambda tx: tx.all(CALLED))]


async def signs_up(stage: Stage, name: str, clock: ManualClock) -> None:
    """Somebody who confirmed the address and waits."""

    async def unit(tx: Transaction) -> None:
        ground = stage.whole.site.ground
        app = await stage.whole.site.services.access.oauth.own_app(tx, "test")
        key = ground.ids.new()
        row = {
            "id": key,
            "app_id": app.id,
            "username": name,
            "username_key": name,
            "email": f"{name}@corp.example",
            "password_hash": "",
            "locale": "en",
            "reason": WORDS,
            "confirmed_at": clock.now(),
            "approved_at": None,
            "created_at": clock.now(),
            "invited_by_id": None,
        }
        await tx.run(WAITS, **row)
        await ground.events.publish(tx, SignUpWaits(key))

    await stage.whole.site.ground.database.write(unit)


async def appeals(stage: Stage, by: Caller, who: Caller) -> None:
    wish = Wish(account_id=who.account.id, action=Action.WARN, sends_mail=False)
    number = await stage.judge(by, wish)
    moderation = make_moderation(stage.whole.site.ground, stage.whole.site.services)
    write = stage.whole.site.ground.database.write
    await write(moderation.appeals.appeal, who.account.id, number, WORDS)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_report_is_told_without_what_it_says(
    stage: Stage, clock: ManualClock, language: str
) -> None:
    mod, ami, bob = await stage.people()
    await stage.speaks(mod, language)
    made = await ami.post("/api/v1/statuses", status=f"{WORDS} about @bob")
    ids = [made["id"]]
    await bob.post("/api/v1/reports", account_id=ami.id, status_ids=ids, comment=WORDS)
    (mail,) = await rounds(stage, clock)
    assert (mail["To"], mail["Content-Language"]) == ("mod@mail.example", language)
    for part in parts(mail):
        assert ("1 report" if language == "en" else "1 signalement") in unescape(part)
        assert "https://lyon.corp.example/admin/reports" in part
        for secret in (WORDS, "ami", "bob"):
            assert secret not in part


async def test_a_flood_is_one_mail_and_then_one_more(stage: Stage, clock: ManualClock) -> None:
    mod, ami, bob = await stage.people()
    await reported(bob, ami)
    assert len(await rounds(stage, clock)) == 1
    told = clock.now()
    for number in range(12):
        clock.advance(MINUTE)
        await bob.post("/api/v1/reports", account_id=ami.id, comment=f"Again {number}")
        assert await rounds(stage, clock) == []
    assert await calls(stage) == [told + APART]
    await bob.post("/api/v1/reports", account_id=mod.id, comment="About those in charge")
    clock.advance(3 * MINUTE)
    (mail,) = await rounds(stage, clock)
    assert "12 reports" in parts(mail)[0], "the one about themselves is none of theirs"
    assert await calls(stage) == []


async def test_each_is_told_what_is_theirs(stage: Stage, clock: ManualClock) -> None:
    mod, ami, bob = await stage.people()
    await staff(stage.whole, "chief", Role.ADMIN)
    await staff(stage.whole, "watch", Role.AUDITOR)
    await appeals(stage, mod, ami)
    (mail,) = await rounds(stage, clock)
    assert mail["To"] == "chief@mail.example", "whoever decided cannot answer"
    assert "1 appeal" in parts(mail)[0]
    clock.advance(APART)
    await reported(mod, bob)
    await signs_up(stage, "nina", clock)
    await signs_up(stage, "otto", clock)
    told = {mail["To"]: parts(mail)[0] for mail in await rounds(stage, clock)}
    assert sorted(told) == ["chief@mail.example", "mod@mail.example"]
    assert "1 report" in told["chief@mail.example"]
    assert "report " not in told["mod@mail.example"], "they know what they reported"
    for text in told.values():
        assert "2 people" in text
        assert WORDS not in text
        assert "nina" not in text


async def test_whoever_wants_none_gets_none(stage: Stage, clock: ManualClock) -> None:
    mod, ami, bob = await stage.people()
    page = await visitor(stage.whole, mod)
    path = "/admin/reports/mails"
    assert (await page.open(path)).count("checked") == 3, "everything at first"
    assert await page.sent(path, appeals="1", accounts="1") == f"{path}?saved=1"
    assert (await page.open(path)).count("checked") == 2
    await reported(bob, ami)
    assert await rounds(stage, clock) == []
    await signs_up(stage, "nina", clock)
    (mail,) = await rounds(stage, clock)
    assert "report" not in parts(mail)[0].partition("/admin")[0]
    await page.sent(path, reports="1")
    clock.advance(APART)
    await signs_up(stage, "otto", clock)
    await reported(bob, mod)
    assert await rounds(stage, clock) == [], "about themselves"


async def test_what_was_closed_meanwhile_is_not_told(stage: Stage, clock: ManualClock) -> None:
    mod, ami, bob = await stage.people()
    report = await reported(bob, ami)
    await mod.ok("POST", f"/api/v1/admin/reports/{report}/resolve")
    told = [mail["To"] for mail in await rounds(stage, clock)]
    assert told == ["bob@mail.example"], "that it was looked at"
