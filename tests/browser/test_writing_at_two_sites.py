"""What waits before the other site has it: taken back, kept as a draft, for later, offline."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_outbox import WAITS, unexpected
from tests.browser.test_posts_between_sites import NEWS, PUBLISH, begin
from tests.browser.two_sites import LOOKS, Desk, two_desks

TYPED = "document.querySelector('#text').value"
SAVED = {"en": "Draft saved", "fr": "Brouillon enregistré"}
OFFLINE = {"en": "No connection", "fr": "Pas de connexion"}


async def comes_due(desk: Desk) -> None:
    """The time of everything that somebody has for later is there."""
    site, own = desk.person.site, f"account_id = {desk.person.id}"
    ids = [row[0] for row in site.rows(f"SELECT id FROM scheduled_post WHERE {own}")]
    site.execute(f"UPDATE scheduled_post SET scheduled_at = 1 WHERE {own}")
    for one in ids:
        site.execute(
            "UPDATE job SET due_at = 1 WHERE kind = 'scheduling.publish'"
            f" AND arguments LIKE '%{one}%'"
        )


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_taken_back_kept_changed_and_published_at_its_time(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """What was undone never arrives; the same words as draft, then for later, arrive once."""
    hasty, later, changed = f"Too soon {look}", f"For later {look}", f"Just in time {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await there.open("/settings/writing")
        await there.look_at("choice")
        await there.tab.ask("document.querySelector('#undo_send').click()")
        await there.press("main form .button-primary")
        await here.open("/")
        await here.becomes("document.querySelector('fedrse-feed').live", True)
        await here.tab.ask("window.same = true")

        await begin(there, hasty)
        await there.press(PUBLISH)
        await there.becomes("document.querySelector('.held button') !== null", True)
        await there.press(".held button")
        assert await there.tab.ask(TYPED) == hasty
        await there.look_at("taken back")

        await there.fill("#text", later)
        status = "document.querySelector('[data-status]').textContent"
        await there.becomes(status, SAVED[look.language])
        await there.open("/drafts")
        await there.look_at("drafts")
        assert later in await there.text()
        await there.press(".waiting-text a")
        assert await there.tab.ask(TYPED) == later

        await there.tab.ask(
            "(one => { one.closest('details').open = true; one.value = '2031-01-01T09:30'; })"
            "(document.querySelector('#when'))"
        )
        await there.press(PUBLISH)
        assert await there.tab.ask("location.pathname") == "/scheduled"
        assert later in await there.text()
        await there.look_at("waits")
        await there.press(".waiting-text a")
        await there.fill("#text", changed)
        await there.press(PUBLISH)
        assert await there.tab.ask("location.pathname") == "/scheduled"
        assert changed in await there.text()
        assert there.person.get(f"/api/v1/accounts/{there.person.id}/statuses") == []

        await comes_due(there)
        await here.becomes("document.querySelector('.feed-news')?.textContent", NEWS[look.language])
        await here.tab.ask("document.querySelector('.feed-news').focus()")
        await here.tab.press("Enter")
        await here.becomes(f"{here.card(changed)} !== undefined", True)
        assert await here.tab.ask("window.same"), "without loading the page"
        await here.look_at("arrived")
        for words in (hasty, later):
            assert words not in await here.text()
        await there.open("/scheduled")
        assert changed not in await there.text()
        await there.look_at("nothing waits")
        published = there.person.get(f"/api/v1/accounts/{there.person.id}/statuses")
        assert [changed in one["content"] for one in published] == [True]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_written_without_network_and_read_once(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """It waits on the device, is sent when the network is back, and arrives at the other site."""
    words = f"Written in the lock {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await there.tab.ask("navigator.serviceWorker.ready.then(() => true)")
        await there.becomes("navigator.serviceWorker.controller !== null", True)
        await begin(there, words)
        await there.tab.context.set_offline(True)
        await there.press(PUBLISH)
        await there.becomes(WAITS, True)
        assert await there.tab.ask("location.pathname") == "/offline"
        shown = await there.text()
        assert OFFLINE[look.language] in shown
        assert words in shown
        await there.look_at("without network", "ERR_INTERNET_DISCONNECTED")
        await there.tab.context.set_offline(False)
        await there.becomes("location.pathname", "/")
        await there.becomes("document.querySelector('.toasts .toast') !== null", True)
        await here.shows("/", here.card(words))
        cards = "document.querySelectorAll('main article.post')"
        same = f"[...{cards}].filter((one) => one.textContent.includes({words!r})).length"
        assert await here.tab.ask(same) == 1
        await here.look_at("arrived")
        await there.open("/compose")
        assert not await there.tab.ask(WAITS), "nothing is left to be sent again"
        published = there.person.get(f"/api/v1/accounts/{there.person.id}/statuses")
        assert len(published) == 1
        assert [one for one in unexpected(there.tab) if "ERR_INTERNET" not in one] == []
