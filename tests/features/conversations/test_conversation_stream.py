"""Open apps hear of direct posts."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import ClientResponse

from tests.features.whole import Caller, WholeSite


async def next_event(response: ClientResponse, name: str) -> bytes:
    """The data of the next event of this name."""
    async with asyncio.timeout(30):
        while (await response.content.readline()).strip() != b"event: " + name.encode():
            assert not response.content.at_eof()
        return (await response.content.readline()).removeprefix(b"data: ")


async def test_the_event_conversation(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    carla = await whole.person("carla")
    await whole.site.streams.start()

    def listen(person: Caller) -> object:
        return whole.client.get(
            f"{whole.address}/api/v1/streaming/direct",
            headers={"Authorization": f"Bearer {person.token}"},
        )

    async with listen(bruno) as mine, listen(carla) as others:  # type: ignore[attr-defined]
        post = await amina.post("/api/v1/statuses", status="@bruno hello", visibility="direct")
        told = msgspec.json.decode(await next_event(mine, "conversation"))
        assert told == (await bruno.get("/api/v1/conversations"))[0]
        assert (told["unread"], told["last_status"]["id"]) == (True, post["id"])
        await amina.post("/api/v1/statuses", status="@carla hello", visibility="direct")
        heard = msgspec.json.decode(await next_event(others, "conversation"))
        assert [one["id"] for one in heard["accounts"]] == [amina.id]
        assert "carla" in heard["last_status"]["content"]
