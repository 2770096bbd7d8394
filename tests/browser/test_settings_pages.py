"""Settings in a real browser: filters, mutes and blocks, reports, moving and leaving."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_notifications_page import newcomers, press
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.person import PASSWORD, Person
from tests.sites.waiting import until

MAIN = "document.querySelector('main').innerText"
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("light", "dark", "dark", "light"),
        strict=True,
    )
]


async def fill(tab: Tab, selector: str, text: str) -> None:
    """Types into a field, over what is there."""
    await tab.ask(
        f"(one => {{ one.focus(); one.select(); }})(document.querySelector({selector!r}))"
    )
    await tab.type(text)


async def from_menu(tab: Tab, place: str) -> None:
    """Opens the menu of the profile that is shown and takes an entry, by keyboard."""
    await tab.ask("document.querySelector('main .button-row details.menu summary').focus()")
    await tab.press("Enter")
    await press(tab, f'main .menu-item[href*="{place}"]')


def bond(me: Person, other: Person) -> dict[str, object]:
    return me.relationship(me.account_id(other))


@pytest.mark.parametrize(
    "look",
    [
        Look(390),
        Look(390, language="fr", scripts=False),
        Look(1280, language="fr"),
        Look(1280, scripts=False),
    ],
    ids=str,
)
async def test_filters_from_first_to_last(chromium: Chromium, scene: Scene, look: Look) -> None:
    """What somebody of the other site writes is covered, too."""
    (reader,) = await newcomers(scene.site, 1)
    (author,) = await newcomers(scene.author.site, 1)
    scene.site.execute(
        f"UPDATE login SET locale = '{look.language}' WHERE account_id = {reader.id}"
    )
    reader.follow(author)
    reader.arrived(author.write("All about football today")["uri"])
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings/filters"))
        await press(tab, '.empty a[href="/settings/filters/new"]')
        await fill(tab, "#title", "Sports")
        async with tab.loading():  # nothing to filter yet; Enter saves
            await tab.press("Enter")
        assert "field-error" in await tab.ask("document.querySelector('main').innerHTML")
        assert await tab.ask("document.querySelector('#title').value") == "Sports"
        await fill(tab, 'input[name="words[0]"]', "football")
        await press(tab, "main .form > .button-row .button-primary")
        assert await tab.ask("location.pathname") == "/settings/filters"
        (made,) = reader.get("/api/v2/filters")
        assert [one["keyword"] for one in made["keywords"]] == ["football"]
        await tab.open(scene.address("/"))
        shown = await tab.ask(MAIN)
        assert "All about football today" not in shown
        assert "Sports" in shown
        await tab.open(scene.address(f"/settings/filters/{made['id']}"))
        await press(tab, 'button[name="more"]')
        assert (
            await tab.ask("document.querySelector('input[name=\"words[0]\"]').value") == "football"
        )
        await tab.open(scene.address("/settings/filters"))
        await press(tab, 'form[action$="/delete"] button')
        assert reader.get("/api/v2/filters") == []
        assert [one for one in tab.problems if "status of 422" not in one] == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_note_mute_block_and_undo(chromium: Chromium, scene: Scene, width: int) -> None:
    (reader,) = await newcomers(scene.site, 1)
    author = scene.author
    profile = scene.address(scene.pages["profile"])
    async with visitor(chromium, Look(width=width)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(profile)
        await from_menu(tab, "/note")
        await fill(tab, "#note", "Met in Nantes")
        await press(tab, "main .button-primary")
        assert "Met in Nantes" in await tab.ask(MAIN)
        await from_menu(tab, "/mute")
        await tab.ask("document.querySelector('#seconds').value = '86400'")
        await press(tab, "main form .button-primary")
        found = bond(reader, author)
        assert found["muting"]
        assert found["muting_expires_at"] is not None
        await tab.open(scene.address("/settings/blocks"))
        await press(tab, 'form[action*="/unmute"] button')
        assert not bond(reader, author)["muting"]
        await tab.open(profile)
        await from_menu(tab, "/block")
        await press(tab, "main .button-danger-solid")
        assert bond(reader, author)["blocking"]
        await tab.open(scene.address("/settings/blocks/people"))
        await press(tab, 'form[action*="/unblock"] button')
        assert not bond(reader, author)["blocking"]
        await tab.open(scene.address("/settings/blocks/sites"))
        await fill(tab, "#domain", "spam.example")
        await press(tab, "main .button-danger")
        assert "spam.example" in await tab.ask(MAIN)
        await press(tab, 'form[action$="/remove"] button')
        assert reader.get("/api/v1/domain_blocks") == []
        assert tab.problems == []


async def test_a_post_is_reported_from_its_menu(chromium: Chromium, scene: Scene) -> None:
    reader = scene.readers["en"]
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(scene.pages["post"]))
        post = "document.querySelector('main h1').closest('article')"
        await tab.ask(f"{post}.querySelector('.post-actions > .menu:last-of-type summary').focus()")
        await tab.press("Enter")
        await tab.ask(f"{post}.querySelector('.menu-item[href^=\"/report\"]').focus()")
        async with tab.loading():
            await tab.press("Enter")
        await press(tab, "main form .button-primary")
        assert await tab.ask("document.querySelector('#category-error') !== null")
        await tab.ask("document.querySelector('#category-other').click()")
        await fill(tab, "#comment", "It names a customer.")
        await tab.ask("document.querySelector('#forward').click()")
        await press(tab, "main form .button-primary")
        assert await tab.ask("location.pathname") == "/report/done"
    row = scene.site.rows(
        "SELECT comment, category, forwarded FROM report ORDER BY id DESC LIMIT 1"
    )
    assert [tuple(one) for one in row] == [("It names a customer.", "other", 1)]


async def test_moving_to_another_site(chromium: Chromium, scene: Scene) -> None:
    """Both directions: the former account is named there, and the old one moves from here."""
    (reader,) = await newcomers(scene.site, 1)
    target = (await newcomers(scene.author.site, 1))[0]
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings/account"))
        await fill(tab, "#target", f"@{target.handle}")
        await fill(tab, "#password", PASSWORD)
        await press(tab, 'form[action$="/move"] button')
        assert await tab.ask("document.querySelector('#target-error') !== null")
        there = target.account_id(reader)
        uri = target.get(f"/api/v1/accounts/{there}")["uri"]
        target.post("/api/v1/accounts/aliases", uri=uri)
        await fill(tab, "#password", PASSWORD)
        await press(tab, 'form[action$="/move"] button')
        assert await tab.ask("document.querySelector('.notice-success') !== null")
        assert f"@{target.handle}" in await tab.ask(MAIN)
    until(lambda: target.get(f"/api/v1/accounts/{there}")["moved"], "the move is known there")


async def test_coming_from_another_site(chromium: Chromium, scene: Scene) -> None:
    (reader,) = await newcomers(scene.site, 1)
    async with visitor(chromium, Look(width=390, scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings/account"))
        await fill(tab, "#alias", "@nobody@nowhere.test")
        await press(tab, 'form[action$="/aliases"] button')
        assert await tab.ask("document.querySelector('#alias').value") == "@nobody@nowhere.test"
        await fill(tab, "#alias", f"@{scene.author.handle}")
        await press(tab, 'form[action$="/aliases"] button')
        assert "Éloïse Dubois-Vandenbroucke" in await tab.ask(MAIN)
        assert len(reader.get("/api/v1/accounts/aliases")) == 1
        await press(tab, 'form[action$="/aliases/remove"] button')
        assert reader.get("/api/v1/accounts/aliases") == []


async def test_leaving_for_good(chromium: Chromium, scene: Scene) -> None:
    (reader,) = await newcomers(scene.site, 1)
    written = reader.write("Farewell")
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings/account/delete"))
        await fill(tab, "#password", "not my password")
        await press(tab, "main .button-danger-solid")
        assert await tab.ask("document.querySelector('#password-error') !== null")
        await fill(tab, "#password", PASSWORD)
        await press(tab, "main .button-danger-solid")
        assert "Your account is deleted" in await tab.ask("document.body.innerText")
        await tab.open(scene.address("/"))
        assert await tab.ask("location.pathname") == "/auth/sign_in"
    gone = f"SELECT count(*) FROM post WHERE id = {written['id']}"
    until(lambda: scene.site.value(gone) == 0, "the post goes")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_settings_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    reader, other = scene.readers[look.language], *(await newcomers(scene.site, 1))
    made = reader.post(
        "/api/v2/filters",
        title="Donaudampfschifffahrtsgesellschaft" * 3,
        context=["home", "thread"],
        keywords_attributes=[{"keyword": "Kapitänskajütentürschlüssel" * 4, "whole_word": True}],
        expires_in=3600,
    )
    reader.post(f"/api/v1/accounts/{other.id}/mute", duration=3600)
    paths = (
        *("/settings/filters", "/settings/filters/new", f"/settings/filters/{made['id']}"),
        *("/settings/blocks", "/settings/blocks/people", "/settings/blocks/sites"),
        *(f"/people/{other.id}/{name}" for name in ("mute", "block", "note")),
        *(f"/report?account={other.id}", f"/report/done?account={other.id}"),
        *("/settings/account", "/settings/account/delete"),
    )
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        wrong = {}
        for path in paths:
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        for path in ("/settings/filters/new", "/settings/account"):
            await tab.open(scene.address(path))
            wrong[f"{path} by keyboard"] = await walk(tab)
    assert {path: found for path, found in wrong.items() if found} == {}
