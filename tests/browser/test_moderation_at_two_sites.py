"""What is reported at one site is decided at both, and seen by both, in browsers."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.two_sites import LOOKS, Desk, one_more, two_desks

MAIN = "document.querySelector('main').innerText"
DELETED = {"en": "Some of your posts were deleted.", "fr": "Certains de vos messages ont"}
FROM_ELSEWHERE = {"en": "From another site", "fr": "D’un autre site"}


async def report(desk: Desk, words: str, comment: str) -> None:
    """From the menu of a post on the open page; its site is told, too."""
    await desk.from_card(words, '.menu-item[href^="/report"]')
    await desk.tab.ask("document.querySelector('#category-other').click()")
    await desk.fill("#comment", comment)
    await desk.tab.ask("document.querySelector('#forward').click()")
    await desk.press("main form .button-primary")
    assert await desk.tab.ask("location.pathname") == "/report/done"


async def open_report(boss: Desk, comment: str) -> str:
    """The report with this comment, out of the queue; returns its path."""
    row = (
        "[...document.querySelectorAll('main .console-row')]"
        f".find((one) => one.innerText.includes({comment!r}))"
    )
    await boss.shows("/admin/reports", row)
    await boss.look_at("queue")
    await boss.tab.ask(f"{row}.querySelector('.console-row-title a').focus()")
    async with boss.tab.loading():
        await boss.tab.press("Enter")
    return str(await boss.tab.ask("location.pathname"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_report_is_decided_at_both_sites(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """There the post is deleted, and the author appeals; here the author is suspended, and back."""
    rude, kind = f"You are all fools {look}", f"Good morning {look}"
    comment = f"Nobody should read that {look}"
    async with (
        two_desks(chromium, scene, look) as (there, here),
        one_more(chromium, scene.author.site, look, role="owner") as boss_there,
        one_more(chromium, scene.site, look, role="owner") as boss_here,
    ):
        for words in (kind, rude):
            await asyncio.to_thread(there.person.write, words)
            await here.shows("/", here.card(words))
        await report(here, rude, comment)

        path = await open_report(boss_there, comment)
        assert FROM_ELSEWHERE[look.language] in await boss_there.text()
        assert rude in await boss_there.text()
        await boss_there.look_at("report of the other site")
        await boss_there.press("form[action$=take] button")
        await boss_there.press('a[href*="action=delete_statuses"]')
        await boss_there.look_at("decision")
        await boss_there.fill("[name=text]", f"Not among colleagues {look}")
        await boss_there.press("form.form .button-row button")
        assert await boss_there.tab.ask("location.pathname") == path
        assert f"Not among colleagues {look}" in await boss_there.text()

        await here.shows("/", f"{here.card(kind)} && {here.card(rude)} === undefined")
        await there.shows("/decisions", "document.querySelector('a[href^=\"/decisions/\"]')")
        await there.look_at("decisions")
        await there.press('a[href^="/decisions/"]')
        assert DELETED[look.language] in await there.text()
        assert f"Not among colleagues {look}" in await there.text()
        await there.fill("[name=text]", f"It was a joke {look}")
        await there.press("form[action$=appeal] button")
        await there.look_at("appealed")
        appeal = f"{MAIN}.includes({f'It was a joke {look}'!r})"
        await boss_there.shows("/admin/reports/appeals", appeal)
        await boss_there.look_at("appeals")

        path = await open_report(boss_here, comment)
        await boss_here.look_at("report")
        await boss_here.press('a[href*="action=suspend"]')
        await boss_here.look_at("suspend")
        await boss_here.press("form.form .button-row button")
        assert await boss_here.tab.ask("location.pathname") == path
        await here.shows("/", f"{here.card(kind)} === undefined")
        await there.open(f"/@{there.person.username}")
        assert kind in await there.text(), "at their own site they are who they were"
        account = boss_here.person.account_id(there.person)
        await boss_here.open(f"/admin/accounts/{account}")
        await boss_here.look_at("account of the other site")
        await boss_here.press('form[action$="/undo"] button')
        await here.shows(f"/@{there.person.handle}", here.card(kind))
        await here.look_at("restored")
