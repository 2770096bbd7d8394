"""Collections on pages, as somebody without script makes, fills, leaves and deletes them."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.features.collections.model import MOST_COLLECTIONS, MOST_ITEMS
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite

API = "/api/v1/collections"


async def new_collection(browser: Visitor, name: str, **more: str) -> str:
    """Makes one on the page; its path."""
    where = await browser.sent("/collections/new", name=name, discoverable="1", **more)
    return where.removesuffix("#add")


async def shown(person: Caller, path: str) -> dict[str, Any]:
    """What an app gets."""
    found: dict[str, Any] = (await person.get(f"/api/v1{path}"))["collection"]
    return found


async def members(person: Caller, path: str) -> set[str]:
    return {one["account_id"] for one in (await shown(person, path))["items"]}


async def test_made_filled_changed_and_deleted(whole: WholeSite) -> None:
    amina, bruno, carla = [await whole.person(name) for name in ("amina", "bruno", "carla")]
    browser = await visitor(whole, amina)
    assert 'href="/collections"' in await browser.open("/@amina")
    assert "No collections yet" in await browser.read("/collections")
    path = await new_collection(browser, "Crew <b>", description="Who helps", tag="#quai")
    assert await new_collection(browser, "Crew <b>") == path, "a button that is pressed twice"
    made = await shown(amina, path)
    assert (made["name"], made["description"], made["tag"]["name"]) == (
        "Crew <b>",
        "Who helps",
        "quai",
    )
    assert made["discoverable"] is True
    assert "Look for somebody by name." in await browser.read(path)
    page = await browser.open(f"{path}?q=bru")
    assert f'name="person" value="{bruno.id}"' in page
    assert "Crew &lt;b&gt;" in page
    for _ in range(2):
        assert await browser.sent(f"{path}/add", person=bruno.id) == f"{path}#people"
    await browser.sent(f"{path}/add", person=carla.id)
    assert await members(amina, path) == {bruno.id, carla.id}
    assert "Nobody found" in await browser.read(f"{path}?q=bruno")
    assert "2 people" in await browser.read("/collections")

    where = await browser.sent(f"{path}/edit", name="Ferry", description="", sensitive="1")
    assert "Saved." in await browser.read(where)
    made = await shown(amina, path)
    assert (made["name"], made["sensitive"], made["discoverable"]) == ("Ferry", True, False)
    assert made["tag"] is None
    assert "not shown to others" in await browser.read("/collections")

    (item,) = [one["id"] for one in made["items"] if one["account_id"] == bruno.id]
    for _ in range(2):
        assert await browser.sent(f"{path}/remove", item=item) == f"{path}#people"
    assert await members(amina, path) == {carla.id}
    for _ in range(2):
        assert await browser.sent(f"{path}/delete") == "/collections?done=deleted"
    assert "The collection is deleted." in await browser.read("/collections?done=deleted")
    await browser.open(path, wanted=404)


async def test_followed_people_are_proposed(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.follow(bruno)
    browser = await visitor(whole, amina)
    path = await new_collection(browser, "Crew")
    assert f'name="person" value="{bruno.id}"' in await browser.open(path)
    await browser.sent(f"{path}/add", person=bruno.id)
    assert f'name="person" value="{bruno.id}"' not in await browser.open(path)


async def test_people_of_other_sites_are_asked(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    consent = {
        "canFeature": {"automaticApproval": ["https://www.w3.org/ns/activitystreams#Public"]}
    }
    zoe = await whole.remote("zoe", interactionPolicy=consent)
    xavier = await whole.remote("xavier")
    browser = await visitor(whole, amina)
    path = await new_collection(browser, "Crew")
    page = await browser.open(f"{path}?q=zoe")
    assert "is asked first" in words(page)
    page = await browser.open(f"{path}?q=xavier")
    assert "does not want to be in collections" in words(page)
    assert f'name="person" value="{xavier.id}"' not in page
    status, _, page = await browser.send(f"{path}/add", person=str(xavier.id), q="xavier")
    assert status == 422
    assert "This person does not want to be in collections." in words(page)
    assert 'value="xavier"' in page  # what was typed stays
    await browser.sent(f"{path}/add", person=str(zoe.id))
    page = await browser.open(path)
    assert "Asked; has not answered yet" in words(page)
    assert "Withdraw" in words(page)
    (item,) = (await shown(amina, path))["items"]
    assert item["state"] == "pending"
    await browser.sent(f"{path}/remove", item=item["id"])
    assert await members(amina, path) == set()


async def test_who_is_in_one_takes_themselves_out(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    made = (await amina.post(API, name="Crew", account_ids=[bruno.id]))["collection"]
    path = f"/collections/{made['id']}"
    browser = await visitor(whole, bruno)
    page = await browser.read("/collections")
    assert "Where others recommend you" in page
    assert "Crew by Amina" in page
    assert "Take me out" in await browser.read(path)
    for _ in range(2):
        assert await browser.sent(f"{path}/leave") == "/collections?done=left"
    assert await members(amina, path) == set()
    assert "Crew" not in await browser.read("/collections")
    assert "Take me out" not in await browser.read(path)


async def test_collections_of_others_are_theirs(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    made = (await amina.post(API, name="Crew", account_ids=[amina.id]))["collection"]
    path, item = f"/collections/{made['id']}", made["items"][0]["id"]
    browser = await visitor(whole, bruno)
    page = await browser.open(f"{path}?q=bruno")
    assert "/add" not in page
    assert "/edit" not in page
    await browser.open(f"{path}/edit", wanted=403)
    for action, fields in (
        ("edit", {"name": "Mine"}),
        ("add", {"person": bruno.id}),
        ("remove", {"item": item}),
        ("delete", {}),
    ):
        status, _, _ = await browser.send(f"{path}/{action}", **fields)
        assert status == 403, action
    assert (await shown(amina, path))["name"] == "Crew"
    assert await members(amina, path) == {amina.id}


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("name", "", "Give it a name."),
        ("name", "  ", "Give it a name."),
        ("name", "x" * 41, "40 characters"),
        ("description", "x" * 101, "100 characters"),
        ("tag", "two words", "one word"),
    ],
)
async def test_what_is_wrong_stands_at_its_field(
    whole: WholeSite, field: str, text: str, sentence: str
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    path = await new_collection(browser, "Fine", description="As it was")
    for where in ("/collections/new", f"{path}/edit"):
        fields = {"name": "Another", "description": "About", "tag": "quai", "sensitive": "1"}
        status, _, page = await browser.send(where, **(fields | {field: text}))
        assert status == 422
        assert f'id="{field}-error"' in page
        assert sentence in words(page)
        for name, typed in (fields | {field: text}).items():
            assert name == "sensitive" or f'value="{typed}"' in page or not typed.strip()
    assert (await shown(amina, path))["name"] == "Fine"


async def test_bounds(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    people = [await whole.remote(f"r{number}") for number in range(2)]
    browser = await visitor(whole, amina)
    paths = [await new_collection(browser, f"C{number}") for number in range(MOST_COLLECTIONS)]
    assert len(set(paths)) == MOST_COLLECTIONS
    assert 'href="/collections/new"' not in await browser.open("/collections")
    status, _, page = await browser.send("/collections/new", name="One more")
    assert status == 422
    assert "10 collections, which is the most" in words(page)
    for number in range(MOST_ITEMS):
        await browser.sent(f"{paths[0]}/add", person=(await whole.person(f"p{number}")).id)
    page = await browser.open(paths[0])
    assert "A collection has at most 25 people" in words(page)
    assert "data-find" not in page
    other = await whole.person("late")
    status, _, page = await browser.send(f"{paths[0]}/add", person=other.id)
    assert status == 422
    assert "A collection has at most 25 people" in words(page)
    assert len(people) == 2


@pytest.mark.parametrize("value", ["", "nonsense", "9" * 30, "1"])
async def test_unknown_people_and_items(whole: WholeSite, value: str) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    path = await new_collection(browser, "Crew")
    status, _, _ = await browser.send(f"{path}/add", person=value)
    assert status == (422 if value == "1" else 404)
    status, _, _ = await browser.send(f"{path}/remove", item=value)
    assert status == (303 if value == "1" else 404)
    for action in ("edit", "add", "remove", "leave"):
        status, _, _ = await browser.send(f"/collections/1/{action}", person="1", item="1")
        assert status == 404, action
