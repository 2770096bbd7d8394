"""What people read of a decision about them that ended, and of what became of their report."""

from __future__ import annotations

import pytest

from fedrse.app.moderation import make_moderation
from fedrse.core.clock import DAY, ManualClock
from fedrse.features.access.model import Role
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import Action, Wish
from fedrse.features.moderation.service_decisions import EXPIRE
from fedrse.store.database import Transaction
from tests.features.moderation.staff import decide, post, reported, staff
from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite


async def limited(whole: WholeSite, by: Caller, who: Caller) -> int:
    """The id of a decision for a day."""
    decisions = make_moderation(whole.site.ground, whole.site.services).decisions
    wish = Wish(account_id=who.account.id, action=Action.LIMIT, text="Too loud.", life=DAY)

    async def unit(tx: Transaction) -> int:
        return (await decisions.decide(tx, person(by.account.id), wish)).id

    return await whole.site.ground.database.write(unit)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("expired", "its time is over"),
        ("undone", "taken back by those in charge"),
        ("right", "taken back after the appeal"),
        ("wrong", "your appeal was rejected"),
    ],
)
async def test_how_a_decision_ended(
    whole: WholeSite, clock: ManualClock, how: str, said: str
) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    chief = await staff(whole, "chief", Role.ADMIN)
    appeals = make_moderation(whole.site.ground, whole.site.services).appeals
    write = whole.site.ground.database.write
    number = await limited(whole, mod, ami)
    page = await visitor(whole, ami)
    assert "It ends by itself" in await page.read("/decisions")
    if how == "expired":
        clock.advance(DAY)
        await whole.do_job(EXPIRE, decision=number)
    elif how == "undone":
        await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsilence")
    else:
        await write(appeals.appeal, ami.account.id, number, "I was not.")
        assert "your appeal waits for an answer" in await page.read("/decisions")

        async def answer(tx: Transaction) -> None:
            by, right = person(chief.account.id), how == "right"
            await appeals.answer(tx, by, number, approved=right, text="We looked again.")

        await write(answer)
        assert "We looked again." in await page.read(f"/decisions/{number}")
    assert said in await page.read("/decisions")
    if how != "wrong":
        assert said in await page.read(f"/decisions/{number}")
    console = await (await visitor(whole, chief)).read(f"/admin/accounts/{ami.id}")
    assert said.removeprefix("your ") in console


@pytest.mark.parametrize("acted", [True, False])
async def test_whoever_reported_reads_what_became_of_it(
    whole: WholeSite, clock: ManualClock, acted: bool
) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    report = await reported(bob, ami, await post(ami, "Bad words"))
    page = await visitor(whole, bob)
    text = await page.read("/decisions")
    assert "Waits" in text
    assert "Action was taken" not in text
    if acted:
        await decide(mod, ami, "silence", text="Enough.", report_id=report)
    else:
        await mod.ok("POST", f"/api/v1/admin/reports/{report}/resolve")
        clock.advance(DAY)
        await decide(mod, ami, "none", text="Something else, later.")
    text = await page.read("/decisions")
    assert ("Action was taken." in text) is acted
    assert ("No rule was found to be broken." in text) is not acted
    assert "Enough" not in text
