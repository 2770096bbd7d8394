"""Announcements: who sees them, reactions, what open apps hear."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientWebSocketResponse
from typer.testing import CliRunner

from fedrse.app import announce
from fedrse.app.cli import app
from fedrse.app.community import announcements_of
from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.announcements.model import is_emoji
from tests.client_api.stage import Stage

BASE = "/api/v1/announcements"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("👍", True),
        ("👨‍👩‍👧‍👦", True),
        ("🇫🇷", True),
        ("1️⃣", True),
        ("❤️", True),
        ("a", False),
        ("👍👍", False),
        ("", False),
        ("<", False),
        ("é", False),
        ("1", False),
    ],
)
def test_what_is_an_emoji(name: str, known: bool) -> None:
    assert is_emoji(name) is known


async def test_announcements(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    post = await me.write("Welcome")
    service = announcements_of(stage.site.ground, stage.site.services)
    write = stage.site.ground.database.write
    now = stage.site.ground.clock.now()
    assert await me.get(BASE) == []
    text = f"Ask @amina about #lunch, see {post['url']}"
    made = await write(service.create, text)
    past = {"starts_at": now - 3 * DAY, "ends_at": now - 2 * DAY}
    await write(lambda tx: service.create(tx, "over", **past))
    today = {"starts_at": now - now % DAY, "ends_at": now - now % DAY, "all_day": True}
    await write(lambda tx: service.create(tx, "until tonight", **today))
    with pytest.raises(Invalid):
        await write(lambda tx: service.create(tx, "x", starts_at=now, ends_at=now - 1))
    with pytest.raises(Invalid):
        await write(service.create, " \n")
    first, second = await me.get(BASE)
    assert second["all_day"] is True
    assert first["mentions"][0]["id"] == me.id
    assert [tag["name"] for tag in first["tags"]] == ["lunch"]
    assert first["statuses"] == [{"id": post["id"], "url": post["url"]}]
    assert 'class="u-url mention"' in first["content"]
    assert first["read"] is False

    one = f"{BASE}/{made.id}"
    thumb = quote("👍")
    for person in (me, other, other):
        await person.call("PUT", f"{one}/reactions/{thumb}")
    assert (await me.answer("PUT", f"{one}/reactions/nonsense")).status == 422
    assert (await me.answer("PUT", f"{BASE}/7/reactions/{thumb}")).status == 404
    (reaction,) = (await me.get(BASE))[0]["reactions"]
    assert (reaction["name"], reaction["count"], reaction["me"]) == ("👍", 2, True)
    await me.call("DELETE", f"{one}/reactions/{thumb}")
    (reaction,) = (await me.get(BASE))[0]["reactions"]
    assert (reaction["count"], reaction["me"]) == (1, False)
    for emoji in "🎉🎈🎂🎁🍰🥂🍾":
        await me.call("PUT", f"{one}/reactions/{quote(emoji)}")
    assert (await me.answer("PUT", f"{one}/reactions/{quote('🐸')}")).status == 422

    await me.post(f"{one}/dismiss")
    assert [found["id"] for found in await me.get(BASE)] == [second["id"]]
    (again, _) = await me.get(BASE, with_dismissed="true")
    assert again["read"] is True
    assert len(await other.get(BASE)) == 2
    await write(service.delete, made.id)
    assert len(await other.get(BASE)) == 1
    with pytest.raises(NotFound):
        await write(service.delete, made.id)


async def test_open_apps_hear_at_once(stage: Stage) -> None:
    me = await stage.person("amina")
    service = announcements_of(stage.site.ground, stage.site.services)
    write = stage.site.ground.database.write
    address = f"{stage.base_url}/api/v1/streaming?stream=user&access_token={me.token}"
    async with stage.client.ws_connect(address) as socket:

        async def heard() -> tuple[str, Any]:
            message = await asyncio.wait_for(socket.receive_json(), 10)
            payload = message.get("payload")
            return message["event"], json.loads(payload) if payload else None

        made = await write(service.create, "Lunch is ready")
        await write(service.tell)
        event, payload = await heard()
        assert (event, payload["id"]) == ("announcement", str(made.id))
        assert "read" not in payload
        await write(service.tell)  # nothing new
        await me.call("PUT", f"{BASE}/{made.id}/reactions/{quote('👍')}")
        event, payload = await heard()
        assert event == "announcement.reaction"
        assert payload == {"name": "👍", "count": 1, "announcement_id": str(made.id)}
        await write(service.delete, made.id)
        await write(service.tell)
        assert await heard() == ("announcement.delete", made.id)


async def test_open_apps_hear_what_is_for_their_unit(stage: Stage) -> None:
    quality, other = await stage.person("amina"), await stage.person("bruno")
    await quality.call("PUT", "/api/v1/profile/card", json={"unit": "Qualité"})
    service = announcements_of(stage.site.ground, stage.site.services)
    write = stage.site.ground.database.write
    address = f"{stage.base_url}/api/v1/streaming?stream=user&access_token="
    async with (
        stage.client.ws_connect(address + quality.token) as hears,
        stage.client.ws_connect(address + other.token) as hears_less,
    ):

        async def heard(socket: ClientWebSocketResponse) -> tuple[str, Any]:
            message = await asyncio.wait_for(socket.receive_json(), 10)
            return message["event"], json.loads(message["payload"])

        made = await write(service.create, "For quality", units=["qualite"])
        await write(service.tell)
        event, payload = await heard(hears)
        assert (event, payload["id"]) == ("announcement", str(made.id))
        assert payload["units"] == ["qualite"]
        await quality.call("PUT", f"{BASE}/{made.id}/reactions/{quote('👍')}")
        assert (await heard(hears))[0] == "announcement.reaction"
        await write(service.create, "Nobody here", hosts=["nantes.corp.example"], here=False)
        everybody = await write(service.create, "For all")
        await write(service.tell)
        for socket in (hears, hears_less):
            event, payload = await heard(socket)
            assert (event, payload["id"]) == ("announcement", str(everybody.id))


async def test_from_the_command_line(stage: Stage, tmp_path: Path) -> None:
    me = await stage.person("amina")
    settings = stage.site.ground.settings
    made = await announce.create(settings, "Hello", starts=None, ends="2099-01-01", all_day=True)
    (found,) = await me.get(BASE)
    assert (found["id"], found["ends_at"]) == (made["id"], "2099-01-01T00:00:00.000Z")
    (listed,) = await announce.list_all(settings)
    assert made.items() <= listed.items()
    assert listed["read"] == 0
    with pytest.raises(Invalid):
        await announce.create(settings, "Hello", starts="tomorrow", ends=None, all_day=False)
    await announce.delete(settings, int(str(made["id"])))
    assert await announce.list_all(settings) == []
    configuration = tmp_path / "lyon" / "fedrse.toml"
    runner = CliRunner()

    def run(*arguments: str) -> str:
        return runner.invoke(
            app, ["--config", str(configuration), "announcement", *arguments]
        ).output

    loop = asyncio.get_running_loop()
    output = await loop.run_in_executor(None, lambda: run("create", "From the shell", "--json"))
    assert json.loads(output)["text"] == "From the shell"
    assert "From the shell" in await loop.run_in_executor(None, lambda: run("list"))
    number = json.loads(output)["id"]
    assert "gone" in await loop.run_in_executor(None, lambda: run("delete", number))
