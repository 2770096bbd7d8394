"""Signs that somebody types: not too often, to whom they may concern, and stored nowhere."""

from __future__ import annotations

import asyncio

from fedrse.core.clock import ManualClock
from fedrse.features.conversations import service_typing
from fedrse.features.conversations.service_typing import AT_MOST_EVERY, TypingSigns
from fedrse.features.streaming.model import TYPING, Topic
from fedrse.store.events import Events
from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite


def test_each_chat_has_one_sign_in_two_seconds() -> None:
    clock = ManualClock()
    signs = TypingSigns(clock=clock, events=Events())
    assert signs.is_due(1, 10)
    assert not signs.is_due(1, 10)
    assert signs.is_due(1, 11)
    assert signs.is_due(2, 10)
    clock.advance(AT_MOST_EVERY)
    assert signs.is_due(1, 10)
    signs.ends(1, 10)
    assert signs.is_due(1, 10), "the next message is another one"


def test_what_is_remembered_is_bounded() -> None:
    signs = TypingSigns(clock=ManualClock(), events=Events())
    for chat in range(service_typing.MOST_REMEMBERED + 5):
        assert signs.is_due(1, chat)
    assert signs.is_due(1, 0), "forgotten"
    assert not signs.is_due(1, service_typing.MOST_REMEMBERED)


class Page:
    """An open page, as the streams see it."""

    hears_notifications = True

    def __init__(self, person: Caller) -> None:
        self.account_id = person.account.id
        self.credential = f"token:{person.id}"
        self.topics: dict[Topic, bytes] = {}
        self.heard: list[str] = []

    def send(self, message: object, topic: Topic) -> None:
        self.heard.append(topic[0])

    def beat(self) -> None: ...

    def end(self, reason: str) -> None: ...


async def test_whoever_blocks_the_other_hears_nothing(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    place = await browser.sent("/messages/new", to=bruno.id, text="Hello", key="k1")
    place = place.partition("#")[0]
    streams = whole.site.streams
    await streams.start()
    page = Page(bruno)
    streams.open(page)
    streams.watch(page, (TYPING, bruno.account.id), b"")

    async def types() -> None:
        assert (await browser.send(f"{place}/typing"))[0] == 204
        whole.clock.advance(AT_MOST_EVERY)

    async def heard(number: int) -> None:
        async with asyncio.timeout(30):
            while len(page.heard) < number:
                await asyncio.sleep(0.01)
        assert page.heard == [TYPING] * number

    await types()
    await heard(1)
    await bruno.post(f"/api/v1/accounts/{amina.id}/block")
    await types()
    await bruno.post(f"/api/v1/accounts/{amina.id}/unblock")
    await types()
    await heard(2)  # the one in between was not told, or it would be here by now
    stranger = await visitor(whole, await whole.person("claire"))
    assert (await stranger.send(f"{place}/typing"))[0] == 404
    streams.close(page)
