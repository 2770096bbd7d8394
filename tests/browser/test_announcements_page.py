"""Announcements in a real browser: made on a page, read at home, confirmed, put away."""

from __future__ import annotations

import itertools

import pytest

from fedrse.app import announce
from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import CARD, Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk

LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("light", "dark", "dark", "light"),
        strict=True,
    )
]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_must_read_from_the_form_to_the_totals(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss = scene.readers[look.language]
    scene.site.execute(f"UPDATE login SET role = 'admin' WHERE account_id = {boss.id}")
    words = f"Safety first {look} Donaudampfschifffahrtsgesellschaftskapitänskajütentür"
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/announcements"))
        wrong["form"] = await faults(tab, look)
        wrong["keys"] = await walk(tab)
        await tab.ask("document.querySelector('#text').focus()")
        await tab.type(words)
        await tab.ask("document.querySelector('#must_read').click()")
        async with tab.loading():
            await tab.ask("document.querySelector('main form.form').requestSubmit()")
        wrong["list"] = await faults(tab, look)
        await tab.open(scene.address("/"))
        wrong["home"] = await faults(tab, look)
        every = "[...document.querySelectorAll('.announcement')]"
        card = f"{every}.find((one) => one.innerText.includes({words!r}))"
        await tab.ask("window.same = true")
        await tab.ask(f"{card}.querySelector('button').focus()")
        await tab.press("Enter")
        await becomes(tab, f"{card} === undefined", True)
        assert await tab.ask("document.activeElement.id") == "main", "focus is not lost"
        assert await tab.ask("window.same")
        await tab.open(scene.address("/announcements"))
        wrong["confirmed"] = await faults(tab, look)
        totals = f"{card}.querySelector('.announcement-totals').innerText"
        assert {"en": "1 has read it", "fr": "1 l’a lue"}[look.language] in await tab.ask(totals)
        async with tab.loading():
            await tab.ask(f"{card}.querySelector('form[action$=\"/delete\"]').requestSubmit()")
        assert await tab.ask(f"{card} === undefined")
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_without_script(chromium: Chromium, scene: Scene) -> None:
    reader = scene.readers["en"]
    settings, times = scene.site.settings, {"starts": None, "ends": None}
    await announce.create(settings, "The canteen is closed", all_day=False, **times)
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        async with tab.loading():
            await tab.ask("document.querySelector('form[action$=\"/dismiss\"]').submit()")
        assert await tab.ask("location.pathname") == "/"
        assert "The canteen is closed" not in await tab.ask("document.body.innerText")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_for_a_unit_the_form_says_whom_it_reaches(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss = scene.readers[look.language]
    scene.site.execute(f"UPDATE login SET role = 'admin' WHERE account_id = {boss.id}")
    words = f"Audit of the unit {look}"
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/announcements"))
        said = "document.querySelector('[data-part=reach]').innerText"
        everybody = await tab.ask(said)
        await tab.ask("window.same = true")
        await tab.ask("document.querySelector('#text').focus()")
        await tab.type(words)
        await tab.ask("document.querySelector('#more_units').focus()")
        await tab.type(f"Ruderclub, {CARD['unit'].upper()}")
        reached = {
            "en": ("2 people at ", "No profile here names Ruderclub."),
            "fr": ("2 personnes à ", "Aucun profil d’ici n’indique Ruderclub."),
        }
        for part in reached[look.language]:
            await becomes(tab, f"{said}.includes({part!r})", True)
        assert await tab.ask(said) != everybody
        assert await tab.ask("window.same && document.querySelector('#text').value") == words
        wrong["reach"] = await faults(tab, look)
        async with tab.loading():
            await tab.ask("document.querySelector('main form.form').requestSubmit()")
        every = "[...document.querySelectorAll('.announcement')]"
        card = f"{every}.find((one) => one.innerText.includes({words!r}))"
        readers = {"en": "For the units Ruderclub,", "fr": "Pour les services Ruderclub,"}
        assert readers[look.language] in await tab.ask(f"{card}.innerText")
        wrong["list"] = await faults(tab, look)
        await tab.open(scene.address("/admin/announcements"))
        wrong["console"] = await faults(tab, look)
        await tab.open(scene.address("/announcements"))
        async with tab.loading():
            await tab.ask(f"{card}.querySelector('form[action$=\"/delete\"]').requestSubmit()")
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_without_script_a_button_says_whom_it_reaches(
    chromium: Chromium, scene: Scene
) -> None:
    boss = scene.readers["en"]
    scene.site.execute(f"UPDATE login SET role = 'admin' WHERE account_id = {boss.id}")
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/announcements"))
        await tab.ask("document.querySelector('#more_units').value = 'Ruderclub'")
        async with tab.loading():
            await tab.ask("document.querySelector('[name=look]').click()")
        assert "no profile here names Ruderclub" in await tab.ask("document.body.innerText")
        assert await tab.ask("document.querySelector('#more_units').value") == "Ruderclub"
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
