"""The page of one's own profile: everything is saved, nothing typed is lost, files are checked."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from fedrse.features.accounts.pages import PATH
from tests.features.profiles.test_card_visibility import cookie_of
from tests.features.whole import Caller, WholeSite

FIELDS = {"display_name": "Amina B.", "note": "Bonjour #quai", "label0": "Team", "value0": "R&D"}


async def get(whole: WholeSite, person: Caller, path: str = PATH) -> str:
    cookie = await cookie_of(whole, person)
    status, _, body = await whole.call("GET", path, headers=cookie)
    assert status == 200
    return str(body.decode())


async def send(
    whole: WholeSite, person: Caller, *, picture: bytes | None = None, **fields: str
) -> tuple[int, str]:
    cookie = await cookie_of(whole, person)
    page = (await whole.call("GET", PATH, headers=cookie))[2].decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = FormData({"csrf_token": token[1], **fields})
    if picture is not None:
        form.add_field("avatar", io.BytesIO(picture), filename="a.png", content_type="image/png")
        form.add_field("header_description", "behind")
    headers = cookie | {"Origin": "https://lyon.corp.example"}
    status, _, body = await whole.call("POST", PATH, headers=headers, data=form)
    return status, body.decode()


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 64), "darkred").save(made, "PNG")
    return made.getvalue()


async def own(person: Caller) -> Any:
    return await person.get("/api/v1/profile")


async def test_texts_and_choices_are_saved(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    status, _ = await send(whole, amina, **FIELDS, locked="1")
    assert status == 303
    profile = await own(amina)
    assert (profile["display_name"], profile["note"]) == ("Amina B.", "Bonjour #quai")
    assert [(one["name"], one["value"]) for one in profile["fields"]] == [("Team", "R&D")]
    assert (profile["locked"], profile["discoverable"]) == (True, False)
    assert not profile["hide_collections"]
    html = await get(whole, amina)
    assert 'value="R&amp;D"' in html
    assert "Bonjour #quai</textarea>" in html
    assert re.search(r'name="locked"[^>]*checked', html)
    await send(whole, amina, **FIELDS, discoverable="1", hide_collections="1")
    profile = await own(amina)
    assert profile["hide_collections"]
    assert (profile["locked"], profile["discoverable"]) == (False, True)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"display_name": "x" * 31}, "display_name"),
        ({"note": "y" * 501}, "note"),
        ({"label1": "only a label"}, "label1"),
        ({"value3": "only a content"}, "label3"),
        ({"label2": "z" * 256, "value2": "v"}, "label2"),
    ],
)
async def test_what_is_wrong_stands_at_its_field(
    whole: WholeSite, fields: dict[str, str], place: str
) -> None:
    amina = await whole.person("amina")
    status, html = await send(whole, amina, **FIELDS | fields)
    assert status == 422
    assert re.findall(r'id="(\w+)-error"', html) == [place]
    for text in (FIELDS | fields).values():
        assert text in unescape(html), "nothing typed is lost"
    assert (await own(amina))["note"] == ""


async def test_pictures(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    status, html = await send(whole, amina, picture=b"no picture", **FIELDS)
    assert (status, re.findall(r'id="(\w+)-error"', html)) == (422, ["avatar"])
    assert 'value="Amina B."' in html
    assert (await own(amina))["avatar"] is None
    status, _ = await send(whole, amina, picture=png(), avatar_description="Me", **FIELDS)
    assert status == 303
    profile = await own(amina)
    assert (profile["avatar_description"], profile["header_description"]) == ("Me", "behind")
    assert str(profile["avatar"]).startswith("https://lyon.corp.example/media/")
    assert await send(whole, amina, **FIELDS) == (303, "")
    assert (await own(amina))["avatar"] == profile["avatar"], "it stays"
    await send(whole, amina, avatar_remove="1", **FIELDS)
    assert (await own(amina))["avatar"] is None


async def test_a_file_that_is_too_large_loses_nothing(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await send(whole, amina, header_description="Known", **FIELDS)
    status, html = await send(whole, amina, picture=b"x" * (8 * 1024 * 1024 + 1), **FIELDS)
    assert (status, re.findall(r'id="(\w+)-error"', html)) == (422, ["avatar"])
    assert 'value="Amina B."' in html
    assert 'value="Known"' in html, "what could not be read stays as it is"


async def test_only_for_people_with_a_form_of_ours(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", PATH))[0] == 401
    cookie = await cookie_of(whole, amina)
    status, _, _ = await whole.call("POST", PATH, headers=cookie, data={"display_name": "Evil"})
    assert status == 403
    assert (await own(amina))["display_name"] == "Amina"
