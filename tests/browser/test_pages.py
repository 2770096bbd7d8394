"""Pages of a real site in a real browser: wide and narrow, light and dark, in both languages."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.sites.person import PASSWORD, Person

HERE = Path(__file__).parent
AUDIT = (HERE / "audit.js").read_text()
FOCUS = (HERE / "focus.js").read_text()
REACHABLE = (HERE / "reachable.js").read_text()
LOOKS = [
    Look(width, scheme, language)
    for width, scheme, language in itertools.product((390, 1280), ("light", "dark"), ("en", "fr"))
]
SIGN_IN = {"en": "Sign in", "fr": "Se connecter"}
MOST_CONTROLS = 300


async def sign_in(tab: Tab, scene: Scene, person: Person) -> None:
    """Fills the form as a person does, by keyboard."""
    await tab.open(scene.address("/auth/sign_in"))
    await tab.ask("document.querySelector('#name').focus()")
    await tab.type(person.username)
    await tab.press("Tab")
    await tab.type(PASSWORD)
    async with tab.loading():
        await tab.press("Enter")
    assert await tab.ask("location.pathname") == "/"


async def faults(tab: Tab, look: Look) -> list[str]:
    """What is wrong with the page that is open, and what went wrong while it loaded."""
    found = list(await tab.ask(AUDIT)) + tab.problems
    tab.problems.clear()
    language = await tab.ask("document.documentElement.lang")
    if language != look.language:
        found.append(f"language {language}")
    return found


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    """No error, nothing refused by the policy, nothing too wide, everything readable and named."""
    wrong = {}
    async with visitor(chromium, look) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        assert SIGN_IN[look.language] in await tab.ask("document.body.innerText")
        wrong["sign in"] = await faults(tab, look)
        await sign_in(tab, scene, scene.readers[look.language])
        for name, path in (scene.pages | {"consent": scene.consent}).items():
            await tab.open(scene.address(path))
            assert await tab.ask("location.pathname + location.search") == path, name
            wrong[name] = await faults(tab, look)
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=str)
async def test_pages_of_refusals_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    """What visitors get, what does not exist, and a wrong password."""
    async with visitor(chromium, look) as tab:
        wrong = {}
        for name, path in {**scene.pages, "nothing": "/@nobody"}.items():
            await tab.open(scene.address(path))
            refused = [one for one in await faults(tab, look) if "status of 40" not in one]
            wrong[name] = refused
        await tab.open(scene.address("/auth/sign_in"))
        await tab.ask("document.querySelector('#name').focus()")
        await tab.type("nobody")
        await tab.press("Tab")
        await tab.type("wrong")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("document.querySelector('[role=alert]') !== null")
        wrong["wrong"] = [one for one in await faults(tab, look) if "status of 4" not in one]
    assert {name: found for name, found in wrong.items() if found} == {}


async def walk(tab: Tab) -> list[str]:
    """Presses Tab until the focus comes round; returns what nobody could see or reach."""
    await tab.ask("window.visited = new Set(); document.activeElement.blur()")
    wrong, outside = [], 0
    for _ in range(MOST_CONTROLS):
        await tab.press("Tab")
        at = await tab.ask(FOCUS)
        if at is None:
            # The end of the page; where something had the focus at first, the rest is to come.
            outside += 1
            if outside == 2:
                break
        elif at["again"]:
            break
        elif not at["seen"]:
            wrong.append(f"focus is not seen: {at['name']}")
    reachable = await tab.ask(REACHABLE)
    assert reachable["count"] > 0
    return wrong + [f"not reached: {one}" for one in reachable["missed"]]


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=str)
async def test_everything_can_be_reached_by_keyboard(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    async with visitor(chromium, look) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        wrong = {"sign in": await walk(tab)}
        await sign_in(tab, scene, scene.readers[look.language])
        for name, path in (scene.pages | {"consent": scene.consent}).items():
            await tab.open(scene.address(path))
            wrong[name] = await walk(tab)
        await tab.open(scene.address("/"))
        await tab.press("Tab")
        first = await tab.ask(FOCUS)
        assert "skip-link" in first["name"], "the first control leads past the menu"
        await tab.press("Enter")
        assert await tab.ask("document.activeElement.id") == "main"
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    "look",
    [
        Look(1280, "light", "en"),
        Look(1280, "dark", "fr", scripts=False),
        Look(390, "dark", "en", scripts=False),
        Look(390, "light", "fr"),
    ],
    ids=str,
)
async def test_signing_in_reading_and_consent(chromium: Chromium, scene: Scene, look: Look) -> None:
    """The whole way, with and without scripts: sign in, read, allow an application."""
    reader = scene.readers[look.language]
    # Others have written since the scene was set: this is the newest, and so on the first page.
    reader.arrived(scene.author.write("Only after a warning", spoiler_text="Long reading")["uri"])
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        home = await tab.ask("document.body.innerText")
        assert "Éloïse Dubois-Vandenbroucke" in home
        assert "Only after a warning" not in home, "it is closed"
        await tab.ask("document.querySelector('main .post-warning summary').focus()")
        await tab.press("Enter")
        assert "Only after a warning" in await tab.ask("document.body.innerText")
        await tab.ask("document.querySelector('.post-author a').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert (await tab.ask("location.pathname")).startswith("/@")
        await tab.open(scene.address(scene.pages["reply"]))
        shown = await tab.ask("document.body.innerText")
        assert "<script>alert(1)</script>" in shown, "as text"
        await tab.open(scene.address(scene.consent))
        await tab.ask("document.querySelector('button[value=allow]').focus()")
        async with tab.loading():
            await tab.press("Enter")
        code = await tab.ask("document.querySelector('#code').value")
        assert len(code) >= 20
        assert tab.problems == []


async def test_times_are_those_of_the_reader(chromium: Chromium, scene: Scene) -> None:
    """Of the zone that somebody chose, wherever the device is, with and without script."""
    times = "[...document.querySelectorAll('time')].map(one => one.title)"
    shown = []
    for scripts, zone in ((True, "Pacific/Auckland"), (False, "America/Lima")):
        async with visitor(chromium, Look(scripts=scripts), timezone_id=zone) as tab:
            await sign_in(tab, scene, scene.readers["en"])
            await tab.open(scene.address(scene.pages["post"]))
            shown.append(await tab.ask(times))
    assert len(shown[0]) > 0
    assert shown[0] == shown[1]
    assert "UTC" not in "".join(shown[0])


async def test_the_audit_finds_faults(chromium: Chromium, scene: Scene) -> None:
    """The test of the tests: a page with every fault is found out."""
    html = (
        "<main><h1>A</h1><p id='pale'>pale</p><img src='x.png'><input><a href='/'></a>"
        "<p id='a'>1</p><p id='a'>2</p><div id='wide'>wide</div></main><h1>B</h1>"
    )
    styles = (
        "document.querySelector('#pale').style.color = '#999';"
        "document.querySelector('#pale').style.backgroundColor = '#fff';"
        "document.querySelector('#wide').style.width = '3000px';"
    )
    async with visitor(chromium, Look(width=390)) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await tab.ask("document.querySelectorAll('title').forEach(one => one.remove())")
        await tab.ask(f"document.body.innerHTML = {html!r}; document.documentElement.lang = ''")
        await tab.ask(styles)
        found = " | ".join(await tab.ask(AUDIT))
    for fault in ("contrast", "no alt", "no label", "no name", "id twice", "wider", "2 first"):
        assert fault in found, fault
    assert "no title" in found
    assert "no language" in found


async def test_the_walk_finds_what_cannot_be_reached_or_seen(
    chromium: Chromium, scene: Scene
) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await tab.ask("document.querySelector('#password').style.outline = 'none'")
        await tab.ask("document.querySelector('button').tabIndex = -1")
        found = await walk(tab)
    assert len(found) == 2
    assert "focus is not seen: <input" in found[0]
    assert "not reached: <button" in found[1]
