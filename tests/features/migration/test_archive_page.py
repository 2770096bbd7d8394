"""The archive of everything, as it is downloaded from the settings."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientError, FormData
from PIL import Image

from fedrse.features.migration import pages_archive
from tests.features.visitor import Visitor, visitor
from tests.features.whole import Caller, WholeSite

ARCHIVE = "/settings/data/archive.zip"
Send = Callable[[bytes], Awaitable[None]]


async def download(browser: Visitor) -> tuple[int, Any, bytes]:
    return await browser.whole.call(
        "GET", ARCHIVE, headers={"Cookie": browser.cookie, "Accept": "text/html"}
    )


async def with_picture(person: Caller) -> dict[str, Any]:
    drawn = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(drawn, "PNG")
    form = FormData()
    form.add_field("file", drawn.getvalue(), filename="red.png", content_type="image/png")
    media = await person.ok("POST", "/api/v2/media", data=form)
    made: dict[str, Any] = await person.post(
        "/api/v1/statuses", status="Ma première", media_ids=[media["id"]]
    )
    return made


async def test_everything_of_one_person_is_inside(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await with_picture(amina)
    theirs = await bruno.post("/api/v1/statuses", status="Of somebody else")
    await amina.post(f"/api/v1/statuses/{theirs['id']}/bookmark")
    await amina.follow(bruno)
    browser = await visitor(whole, amina)
    assert f'href="{ARCHIVE}"' in await browser.open("/settings/data")
    status, headers, body = await download(browser)
    assert status == 200
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == 'attachment; filename="fedrse-2026-01-15.zip"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        outbox = json.loads(archive.read("outbox.json"))
        assert outbox["totalItems"] == 1
        (file,) = outbox["orderedItems"][0]["object"]["attachment"]
        assert Image.open(io.BytesIO(archive.read(file["url"]))).size == (300, 200)
        assert json.loads(archive.read("bookmarks.json"))["orderedItems"] == [theirs["uri"]]
        assert b"bruno@corp.example" in archive.read("following_accounts.csv")
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Of somebody else" not in text
    assert list(whole.site.services.blobs.incoming.iterdir()) == [], "nothing of it is kept"


async def test_visitors_get_nothing(whole: WholeSite) -> None:
    status, _, body = await whole.call("GET", ARCHIVE, headers={"Accept": "text/html"})
    assert status == 401
    assert not body.startswith(b"PK")


async def test_one_at_a_time_and_what_breaks_off_is_not_complete(
    whole: WholeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def half(_whole: object, account_id: int, send: Send) -> None:
        await send(b"PK half")
        if account_id == amina.account.id:
            begun.set()
            await goes_on.wait()
            raise RuntimeError("a disk that fails")

    monkeypatch.setattr("fedrse.app.export.archive.send_archive", half)
    monkeypatch.setattr(pages_archive, "MOST_AT_ONCE", 2)
    browser, other = await visitor(whole, amina), await visitor(whole, bruno)
    running = asyncio.create_task(download(browser))
    await begun.wait()
    assert (await download(browser))[0] == 429
    assert (await download(other))[2] == b"PK half", "others are not kept waiting"
    monkeypatch.setattr(pages_archive, "MOST_AT_ONCE", 1)
    assert (await download(other))[0] == 429
    goes_on.set()
    with pytest.raises(ClientError):
        await running
    assert (await download(other))[0] == 200
