"""What somebody chose about reading: on the pages of the site, and as apps are told."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image
from sqlalchemy import bindparam, update

from fedrse.features.access.model import Role
from fedrse.features.media.tables import media
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from fedrse.web.look import Look, read_look
from tests.features.visitor import Visitor, visitor
from tests.features.whole import Caller, WholeSite

FORM = {"language": "en", "zone": "UTC"}
ASKED = ("reading:expand:media", "reading:expand:spoilers", "reading:autoplay:gifs")
NOTHING = ("default", False, False)
MOVES = Statement(
    update(media).where(media.c.id == bindparam("key")).values(kind=bindparam("wanted"))
)
COVER, FOLD = '<details class="post-warning post-cover"', '<details class="post-warning"'


async def asked(person: Caller) -> tuple[Any, ...]:
    found = await person.get("/api/v1/preferences")
    return tuple(found[name] for name in ASKED)


async def upload(person: Caller) -> str:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    form = aiohttp.FormData()
    form.add_field("file", file.getvalue(), filename="a.png", content_type="image/png")
    return str((await person.ok("POST", "/api/v2/media", data=form))["id"])


async def write(person: Caller, text: str, **more: Any) -> str:
    """The path of a new post with a picture."""
    fields = {"status": text, "media_ids": [await upload(person)], **more}
    made = await person.post("/api/v1/statuses", **fields)
    return f"/@{person.account.username}/{made['id']}"


async def choose(page: Visitor, **chosen: str) -> None:
    assert await page.sent("/settings/appearance", **FORM, **chosen)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, NOTHING),
        ({"media": "media-show"}, ("show_all", False, False)),
        ({"media": "media-hide", "warnings": "warnings-open"}, ("hide_all", True, False)),
        ({"media": "nonsense", "pictures": "pictures-play"}, ("default", False, True)),
    ],
)
async def test_apps_are_told(
    whole: WholeSite, chosen: dict[str, str], expected: tuple[Any, ...]
) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await choose(await visitor(whole, amina), **chosen)
    assert await asked(amina) == expected
    assert await asked(bruno) == NOTHING


def test_all_choices_survive_being_stored() -> None:
    look = Look(
        scheme="light",
        contrast="more",
        text="largest",
        motion="reduce",
        media="media-hide",
        warnings="warnings-open",
        pictures="pictures-play",
    )
    assert read_look(look.words()) == look


async def test_pictures_are_covered_as_the_reader_wants(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    plain = await write(amina, "one")
    sensitive = await write(amina, "two", sensitive=True)
    warned = await write(amina, "three", spoiler_text="Careful")
    page, other = await visitor(whole, bruno), await visitor(whole, amina)

    async def covered() -> list[bool]:
        return [COVER in await page.open(path) for path in (plain, sensitive, warned)]

    assert await covered() == [False, True, False], "a warning is cover enough"
    assert "Sensitive content" in await page.read(sensitive)
    await choose(page, media="media-show")
    assert await covered() == [False, False, False]
    await choose(page, media="media-hide")
    assert await covered() == [True, True, True]
    assert "Attachments are covered" in await page.read(plain)
    await choose(page, warnings="warnings-open")
    assert await covered() == [False, True, True], "the warning is open, the picture is not"
    # Cards are kept in memory: nobody gets what was drawn for somebody else.
    assert [COVER in await other.open(path) for path in (plain, sensitive)] == [False, True]


async def test_warnings_are_open_for_those_who_want_it(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.post("/api/v1/statuses", status="behind it", spoiler_text="Careful")
    await bruno.follow(amina)
    page = await visitor(whole, bruno)
    assert f"{FOLD}>" in await page.open("/@amina")
    await choose(page, warnings="warnings-open")
    for path in ("/@amina", "/@amina"):  # drawn, and from memory
        assert f"{FOLD} open>" in await page.open(path)
    assert f"{FOLD}>" in await (await visitor(whole, amina)).open("/@amina")


async def test_the_home_page_follows_at_once(whole: WholeSite) -> None:
    """Its cards and what stands around them are remembered by reader."""
    amina = await whole.person("amina")
    await write(amina, "mine", sensitive=True)
    page = await visitor(whole, amina)
    for chosen, expected in (("", True), ("media-show", False), ("", True)):
        await choose(page, media=chosen)
        assert (COVER in await page.open("/")) is expected


async def test_moving_pictures_wait_for_a_click(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    file = await upload(amina)

    async def moves(tx: Transaction) -> None:
        await tx.run(MOVES, key=int(file), wanted="gifv")

    await whole.site.ground.database.write(moves)
    made = await amina.post("/api/v1/statuses", status="moves", media_ids=[file])
    page, path = await visitor(whole, amina), f"/@amina/{made['id']}"
    assert ' controls loop muted playsinline preload="none"' in await page.open(path)
    await choose(page, pictures="pictures-play")
    assert " controls loop muted playsinline autoplay" in await page.open(path)


async def test_profiles_name_the_role(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    dora = await whole.remote("dora")
    page = await visitor(whole, bruno)
    logins = whole.site.services.access.logins

    async def roles() -> list[str]:
        """As a colleague is told: by the account, by its posts, and by the page."""
        found = await bruno.get(f"/api/v1/accounts/{amina.id}")
        (post,) = await bruno.get(f"/api/v1/accounts/{amina.id}/statuses")
        assert post["account"]["roles"] == found["roles"]
        own = await amina.get("/api/v1/accounts/verify_credentials")
        assert own["roles"] == found["roles"]
        assert own["role"]["highlighted"] is bool(found["roles"])
        for one in found["roles"]:
            assert one == {"id": own["role"]["id"], "name": own["role"]["name"], "color": ""}
            assert one["name"] in await page.read("/@amina")
        return [str(one["name"]) for one in found["roles"]]

    await amina.post("/api/v1/statuses", status="Hello")
    assert await roles() == []
    shown = {
        Role.OWNER: ["Owner"],
        Role.ADMIN: ["Admin"],
        Role.MODERATOR: ["Moderator"],
        Role.COMMUNITY_MANAGER: ["Community manager"],
        Role.AUDITOR: [],  # watches unnoticed
        Role.MEMBER: [],
    }
    await whole.site.ground.database.write(logins.set_role, bruno.account.id, Role.OWNER)
    for role, expected in shown.items():
        await whole.site.ground.database.write(logins.set_role, amina.account.id, role)
        assert await roles() == expected, role
    assert (await bruno.get(f"/api/v1/accounts/{dora.id}"))["roles"] == []


async def test_who_is_suspended_shows_no_role(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    services, database = whole.site.services, whole.site.ground.database
    await database.write(services.access.logins.set_role, amina.account.id, Role.MODERATOR)

    async def suspend(tx: Transaction) -> None:
        await services.accounts.states.suspend(tx, amina.account.id, suspended=True)

    await database.write(suspend)
    found = await bruno.get(f"/api/v1/accounts/{amina.id}")
    assert found["suspended"]
    assert found["roles"] == []
