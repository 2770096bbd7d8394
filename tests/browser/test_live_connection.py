"""The live connection of a page: counts in the title, what was missed, who types, the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_app import shows
from tests.browser.test_in_place import becomes
from tests.browser.test_outbox import unexpected
from tests.browser.test_pages import sign_in
from tests.sites.group import make_group
from tests.sites.waiting import until

LIVE = "document.querySelector('fedrse-feed').live"
NEWS = "document.querySelector('.feed-news')?.textContent"
COUNTED = "window.sources = 0; window.EventSource = class extends EventSource {"
COUNTED += " constructor(...all) { super(...all); window.sources += 1; } }"


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A site that can be away for a while; ``author`` is followed by the readers."""
    made = make_group(tmp_path_factory.mktemp("island"), 1)
    reader, author, french = made[0].newcomers(3)
    made[0].execute(f"UPDATE login SET locale = 'fr' WHERE account_id = {french.id}")
    reader.follow(author)
    author.write("The first one")
    until(reader.home)
    yield Scene(made[0], {"en": reader, "fr": french}, author, {}, "")
    made.stop()


async def test_the_title_and_the_icon_count_what_is_new(chromium: Chromium, island: Scene) -> None:
    reader, author = island.readers["en"], island.author
    async with visitor(chromium, Look()) as tab:
        await tab.page.add_init_script(
            "navigator.setAppBadge = async (count) => { window.icon = count; };"
            " navigator.clearAppBadge = async () => { window.icon = 0; };",
        )
        await sign_in(tab, island, reader)
        await becomes(tab, LIVE, True)
        title = await tab.ask("document.title")
        assert not title.startswith("(")
        author.write(f"@{reader.username} look at this")
        await becomes(tab, "document.title", f"(1) {title}")
        await becomes(tab, "window.icon", 1)
        await tab.open(island.address("/settings"))
        assert (await tab.ask("document.title")).startswith("(1) "), "on every page"
        assert await tab.ask("window.icon") == 1
        await tab.open(island.address("/notifications"))
        await becomes(tab, "document.title.startsWith('(')", False)
        await becomes(tab, "window.icon", 0)
        assert tab.problems == []


async def test_each_page_has_one_connection(chromium: Chromium, island: Scene) -> None:
    reader, author = island.readers["en"], island.author
    author.write(f"@{reader.username} between us", visibility="direct")
    (chat, *_) = reader.get("/api/v1/conversations")
    async with visitor(chromium, Look()) as tab:
        await tab.page.add_init_script(COUNTED)
        await sign_in(tab, island, reader)
        for path in ("/", "/network", "/messages", f"/messages/{chat['id']}", "/settings"):
            await tab.open(island.address(path))
            await becomes(tab, "window.sources", 1)


async def test_the_network_page_announces_what_it_lists(chromium: Chromium, island: Scene) -> None:
    reader, stranger = island.readers["en"], island.readers["fr"]
    async with visitor(chromium, Look(390)) as tab:
        await sign_in(tab, island, reader)
        await tab.open(island.address("/site"))
        await becomes(tab, LIVE, True)
        stranger.write("By somebody whom the reader does not follow")
        await becomes(tab, NEWS, "One new post")
        await tab.ask("document.querySelector('.feed-news').focus()")
        await tab.press("Enter")
        await becomes(tab, "document.querySelector('.feed-news')", None)
        first = "document.querySelector('fedrse-feed [data-key]')"
        assert "does not follow" in await tab.ask(f"{first}.innerText")
        assert await tab.ask(f"{first}.contains(document.activeElement)"), "focus is on the news"
        assert tab.problems == []


async def test_after_a_pause_the_page_has_what_it_missed(chromium: Chromium, island: Scene) -> None:
    reader, author = island.readers["en"], island.author
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, island, reader)
        await becomes(tab, LIVE, True)
        await tab.ask("window.same = true")
        island.site.stop()
        await becomes(tab, LIVE, False)
        island.site.start()
        author.write("Written before the page was connected again")
        # Without a hint of the device: by itself, after a pause that grows.
        await becomes(tab, LIVE, True)
        await becomes(tab, NEWS, "One new post")
        assert await tab.ask("window.same")
        assert unexpected(tab) == []


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_end_of_the_session_is_said_and_nothing_is_lost(
    chromium: Chromium, island: Scene, language: str
) -> None:
    reader, look = island.readers[language], Look(390, language=language)
    said = {"en": "You are signed out", "fr": "Vous êtes déconnecté"}[language]
    async with visitor(chromium, look) as tab:
        await sign_in(tab, island, reader)
        await tab.open(island.address("/compose"))
        await tab.ask("document.querySelector('#text').focus()")
        await tab.type("Half a thought")
        await shows(tab, "document.querySelector('[data-status]').textContent")
        island.site.execute(f"DELETE FROM session WHERE account_id = {reader.id}")
        await becomes(tab, f"document.querySelector('.toasts').innerText.includes({said!r})", True)
        tab.problems.clear()  # Chromium notes the 401s
        assert await tab.ask("document.querySelector('#text').value") == "Half a thought"
        assert await tab.ask("document.querySelector('.toasts a').target") == "_blank"
        assert await violations(tab) == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_who_types_is_seen_in_the_same_conversation_only(
    chromium: Chromium, island: Scene, width: int
) -> None:
    reader, author = island.readers["en"], island.author
    author.call("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "Anne <b>"})
    author.write(f"@{reader.username} a question {width}", visibility="direct")
    mine, theirs = reader.get("/api/v1/conversations"), author.get("/api/v1/conversations")
    typing = "document.querySelector('.chat-typing [role=status]').textContent"
    async with (
        visitor(chromium, Look(width)) as reads,
        visitor(chromium, Look()) as writes,
    ):
        await sign_in(reads, island, reader)
        await reads.open(island.address(f"/messages/{mine[0]['id']}"))
        await becomes(reads, "document.querySelector('fedrse-chat').live", True)
        height = await reads.ask("document.querySelector('main').offsetHeight")
        await sign_in(writes, island, author)
        await writes.open(island.address(f"/messages/{theirs[0]['id']}"))
        await writes.ask("document.querySelector('.chat-form textarea').focus()")
        await writes.type("An ans")
        await becomes(reads, typing, "Anne <b> is typing…")
        assert await reads.ask("document.querySelector('main').offsetHeight") == height, "no jump"
        assert await violations(reads) == []
        await writes.type("wer")
        await writes.press("Enter")
        await becomes(reads, typing, "")
        last = "[...document.querySelectorAll('.message-text')].at(-1).innerText.trim()"
        await becomes(reads, last, "An answer")
        await writes.ask("document.querySelector('.chat-form textarea').focus()")
        await writes.type("Half")
        await becomes(reads, typing, "Anne <b> is typing…")
        await becomes(reads, typing, "")  # nothing more is typed
        assert reads.problems + writes.problems == []
