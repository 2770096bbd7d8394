"""Messages on pages, as somebody without script uses them."""

from __future__ import annotations

import io

from aiohttp import FormData
from PIL import Image

from tests.features.fakes import ORIGIN
from tests.features.visitor import visitor
from tests.features.whole import WholeSite


async def test_beginning_answering_and_reading(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser, other = await visitor(whole, amina), await visitor(whole, bruno)
    assert "No messages yet" in await browser.read("/messages")
    assert "not end-to-end encrypted" in (await browser.read("/messages")).lower()
    found = await browser.open("/messages/new?q=bru")
    assert f'name="add" value="{bruno.id}"' in found
    chosen = await browser.open(f"/messages/new?q=&add={bruno.id}")
    assert f'name="to[]" value="{bruno.id}"' in chosen
    place = (
        await browser.send("/messages/new", [("to[]", bruno.id)], text="Coffee at ten?", key="k1")
    )[1]
    assert place.endswith("#end")
    place = place.removesuffix("#end")
    again = await browser.send("/messages/new", [("to[]", bruno.id)], text="Coffee", key="k1")
    assert again[1] == f"{place}#end", "sent twice is sent once"
    page = await browser.open(place)
    assert page.count("Coffee at ten?") == 1
    assert "<p>Coffee at ten?</p>" in page, "the name that addresses it is not shown"

    assert "chat-unread" in await other.open("/messages")
    (conversation,) = await bruno.get("/api/v1/conversations")
    assert conversation["unread"]
    theirs = f"/messages/{conversation['id']}"
    await other.open(theirs)
    assert not (await bruno.get("/api/v1/conversations"))[0]["unread"], "read here is read in apps"
    assert "chat-unread" not in await other.open("/messages")
    assert await other.sent(theirs, text="With pleasure", key="k2") == f"{theirs}#end"
    shown = await browser.read(place)
    assert shown.index("Coffee at ten?") < shown.index("With pleasure")
    assert "chat-unread" not in await browser.open("/messages")
    (answer,) = await amina.get("/api/v1/conversations")
    assert answer["last_status"]["visibility"] == "direct", "the same are private mentions in apps"


async def test_several_people_and_threads_are_one_chat(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    chloe = await whole.person("chloe")
    browser = await visitor(whole, amina)
    for text in ("First @bruno @chloe", "Second, another thread @chloe @bruno"):
        await amina.post("/api/v1/statuses", status=text, visibility="direct")
    await bruno.post("/api/v1/statuses", status="@amina alone", visibility="direct")
    assert len(await amina.get("/api/v1/conversations")) == 3
    page = await browser.open("/messages")
    assert page.count('<li class="chat-line') == 2
    conversations = {
        len(one["accounts"]): one["id"] for one in await amina.get("/api/v1/conversations")
    }
    both = await browser.read(f"/messages/{conversations[2]}")
    assert both.index("First") < both.index("Second, another thread")
    assert "alone" not in both
    assert "Bruno, Chloe" in both
    await visitor(whole, chloe)


async def test_what_was_typed_stays_with_the_reason_at_the_field(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    status, _, page = await browser.send("/messages/new", text="To nobody", key="a")
    assert status == 422
    assert "To nobody" in page
    assert "Choose at least one person." in page
    status, _, page = await browser.send("/messages/new", [("to[]", bruno.id)], text=" ", key="b")
    assert status == 422
    assert "Write something, or attach a file." in page
    status, _, page = await browser.send(
        "/messages/new", [("to[]", bruno.id)], text="x" * 5001, key="c"
    )
    assert status == 422
    assert "x" * 5001 in page


async def test_mute_hide_and_leave(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await whole.person("chloe")
    browser = await visitor(whole, amina)

    async def write(text: str) -> None:
        await bruno.post("/api/v1/statuses", status=text, visibility="direct")

    async def told() -> int:
        return len(await amina.get("/api/v1/notifications?types[]=mention"))

    await write("@amina one")
    (chat,) = await amina.get("/api/v1/conversations")
    place = f"/messages/{chat['id']}"
    assert await browser.sent(f"{place}/mute") == place
    assert "Unmute the conversation" in await browser.read(place)
    before = await told()
    await write("@amina two, a new thread")
    assert await told() == before, "also what begins anew is quiet"
    assert "chat-unread" not in await browser.open("/messages")
    await browser.sent(f"{place}/unmute")
    await write("@amina three")
    assert await told() == before + 1

    assert await browser.sent(f"{place}/hide") == "/messages"
    assert "No messages yet" in await browser.read("/messages")
    await browser.open(place, 404)
    await write("@amina four")
    assert "four" in await browser.read("/messages")

    await write("@amina @chloe all")
    group = next(
        one for one in await amina.get("/api/v1/conversations") if len(one["accounts"]) == 2
    )
    before = await told()
    await browser.sent(f"/messages/{group['id']}/leave")
    await write("@amina @chloe more")
    assert await told() == before
    assert "more" not in await browser.read("/messages")
    await amina.post("/api/v1/statuses", status="@bruno @chloe back", visibility="direct")
    await write("@amina @chloe welcome")
    assert "welcome" in await browser.read("/messages"), "whoever writes is back in it"


async def test_searching_inside(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    for text in ("@amina Réunion à dix heures", "@amina Lunch"):
        await bruno.post("/api/v1/statuses", status=text, visibility="direct")
    chats = await amina.get("/api/v1/conversations")
    page = await browser.read(f"/messages/{chats[0]['id']}?q=REUNION")
    assert "1 message found" in page
    assert "Réunion à dix heures" in page
    assert "Lunch" not in page
    assert "0 messages found" in await browser.read(f"/messages/{chats[0]['id']}?q=nothing")


async def test_chats_of_others_are_not_there(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    chloe = await whole.person("chloe")
    await amina.post("/api/v1/statuses", status="@bruno secret", visibility="direct")
    (chat,) = await bruno.get("/api/v1/conversations")
    browser = await visitor(whole, chloe)
    await browser.open(f"/messages/{chat['id']}", 404)
    for what in ("", "/mute", "/hide", "/leave"):
        status, _, _ = await browser.send(f"/messages/{chat['id']}{what}", text="x")
        assert status == 404


async def test_from_a_profile_to_the_chat(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    assert f'href="/messages/with/{bruno.id}"' in await browser.open("/@bruno")
    page = await whole.call("GET", f"/messages/with/{bruno.id}", headers={"Cookie": browser.cookie})
    assert page[1]["Location"] == f"/messages/new?to[]={bruno.id}"
    await amina.post("/api/v1/statuses", status="@bruno hello", visibility="direct")
    (chat,) = await amina.get("/api/v1/conversations")
    page = await whole.call("GET", f"/messages/with/{bruno.id}", headers={"Cookie": browser.cookie})
    assert page[1]["Location"] == f"/messages/{chat['id']}"


async def test_a_picture_goes_along_and_what_is_no_picture_is_said(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    await amina.post("/api/v1/statuses", status="@bruno hello", visibility="direct")
    (chat,) = await amina.get("/api/v1/conversations")
    place = f"/messages/{chat['id']}"
    await browser.open(place)
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "darkred").save(drawn, "PNG")

    async def send(content: bytes) -> tuple[int, str]:
        form = FormData()
        for name, value in {"csrf_token": browser.token, "text": "Look", "key": "p"}.items():
            form.add_field(name, value)
        form.add_field("file", content, filename="ship.png", content_type="image/png")
        form.add_field("description", "A red ship")
        headers = {"Cookie": browser.cookie, "Origin": ORIGIN}
        status, _, body = await whole.call("POST", place, headers=headers, data=form)
        return status, body.decode()

    status, page = await send(b"no picture at all")
    assert status == 422
    assert "damaged or of no kind that this site knows" in page
    assert ">Look</textarea>" in page, "what was typed is still there"
    status, _ = await send(drawn.getvalue())
    assert status == 303
    (seen,) = await bruno.get("/api/v1/conversations")
    (media,) = seen["last_status"]["media_attachments"]
    assert media["description"] == "A red ship"
    assert 'alt="A red ship"' in await browser.open(place)
