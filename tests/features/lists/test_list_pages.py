"""Lists on pages, as somebody without script makes, fills and deletes them."""

from __future__ import annotations

import pytest

from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite


async def members(person: Caller, made: str) -> set[str]:
    found = await person.get(f"/api/v1/lists/{made}/accounts")
    return {one["username"] for one in found}


async def new_list(browser: Visitor, title: str) -> str:
    """Makes one on the page; its id."""
    await browser.open("/lists/new")
    where = await browser.sent("/lists/new", title=title, replies="list")
    return where.split("/")[2]


async def test_made_filled_changed_and_deleted(whole: WholeSite) -> None:
    amina, bruno, carla = [await whole.person(name) for name in ("amina", "bruno", "carla")]
    await amina.follow(bruno)
    await amina.follow(carla)
    browser = await visitor(whole, amina)
    assert "No lists yet" in await browser.read("/lists")
    made = await new_list(browser, "Crew <b>")
    assert await new_list(browser, "Crew <b>") == made, "a button that is pressed twice"
    page = await browser.open(f"/lists/{made}/edit")
    assert "Nobody yet." in words(page)
    for _ in range(2):
        where = await browser.sent(f"/lists/{made}/add", person=bruno.id)
        assert where == f"/lists/{made}/edit#people"
    assert await members(amina, made) == {"bruno"}
    page = await browser.open(f"/lists/{made}/edit?q=carl")
    assert f'name="person" value="{carla.id}"' in page
    assert f'action="/lists/{made}/add"' in page
    assert "Nobody of this name" in await browser.read(f"/lists/{made}/edit?q=bruno")
    where = await browser.sent(
        f"/lists/{made}/edit", title="Ferry", replies="followed", exclusive="1"
    )
    assert "Saved." in await browser.read(where)
    assert await amina.get(f"/api/v1/lists/{made}") == {
        "id": made,
        "title": "Ferry",
        "replies_policy": "followed",
        "exclusive": True,
    }
    assert f'href="/lists/{made}/edit"' in await browser.open(f"/lists/{made}")
    await browser.sent(f"/lists/{made}/remove", person=bruno.id)
    assert await members(amina, made) == set()
    for _ in range(2):
        assert await browser.sent(f"/lists/{made}/delete") == "/lists"
    assert await amina.get("/api/v1/lists") == []


async def test_somebody_is_put_into_lists_from_their_profile(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    assert f"/people/{bruno.id}/lists" not in await browser.open("/@bruno")
    assert "Follow this person first" in await browser.read(f"/people/{bruno.id}/lists")
    await amina.follow(bruno)
    assert f'href="/people/{bruno.id}/lists' in await browser.open("/@bruno")
    assert "No lists yet" in await browser.read(f"/people/{bruno.id}/lists")
    first, second = await new_list(browser, "First"), await new_list(browser, "Second")
    place = f"/people/{bruno.id}/lists"
    for chosen in ([first, second], [second], [second], []):
        status, where, _ = await browser.send(place, [("lists[]", one) for one in chosen])
        assert (status, where) == (303, "/@bruno")
        inside = {one for one in (first, second) if await members(amina, one)}
        assert inside == set(chosen)
        page = await browser.open(place)
        assert {one for one in (first, second) if f'value="{one}" checked' in page} == inside


@pytest.mark.parametrize(
    ("title", "sentence"),
    [("", "Give it a name."), ("  ", "Give it a name."), ("x" * 257, "256 characters")],
)
async def test_what_is_wrong_stands_at_the_name(
    whole: WholeSite, title: str, sentence: str
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    made = await new_list(browser, "Fine")
    for path in ("/lists/new", f"/lists/{made}/edit"):
        fields = [("title", title), ("replies", "none"), ("exclusive", "1")]
        status, _, page = await browser.send(path, fields)
        assert (status, sentence in words(page)) == (422, True), path
        assert 'id="title-error"' in page
        assert 'value="none" checked' in page, "what was chosen is kept"
    assert [one["title"] for one in await amina.get("/api/v1/lists")] == ["Fine"]


async def test_lists_of_others_and_strangers_stay_out(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    theirs = await bruno.post("/api/v1/lists", title="Mine alone")
    browser = await visitor(whole, amina)
    made = await new_list(browser, "Own")
    await browser.open(f"/lists/{theirs['id']}/edit", 404)
    for verb, fields in (
        ("edit", {"title": "Taken", "replies": "list"}),
        ("add", {"person": amina.id}),
        ("remove", {"person": amina.id}),
    ):
        status, _, _ = await browser.send(f"/lists/{theirs['id']}/{verb}", **fields)
        assert status == 404, verb
    await browser.sent(f"/lists/{theirs['id']}/delete")
    assert [one["title"] for one in await bruno.get("/api/v1/lists")] == ["Mine alone"]
    for person in (bruno.id, "1", "x"):
        status, _, _ = await browser.send(f"/lists/{made}/add", person=person)
        assert status == 404, "only those whom one follows"
    assert await members(amina, made) == set()
