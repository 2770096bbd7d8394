"""What visitors without an account see, of a site that is one of two: only who said yes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.browser.axe import too_wide, violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import ABOUT_THE_SITE, Scene
from tests.browser.test_between_sites import enter, person_of, press
from tests.browser.test_pages import faults
from tests.browser.two_sites import LOOKS
from tests.sites.group import make_group

SAVED = {"en": "Your public addresses", "fr": "Vos adresses publiques"}
SIGN_IN = {"en": "Sign in to continue", "fr": "Connectez-vous pour continuer"}


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Two sites with public pages; ``author`` is of the other one."""
    about = {**ABOUT_THE_SITE, "public_pages": True}
    made = make_group(tmp_path_factory.mktemp("street"), 2, extra={"site": about})
    lyon, nantes = made
    yield Scene(lyon, {}, nantes.newcomer(), {}, "")
    made.stop()


async def look_at(tab: Tab, look: Look) -> list[str]:
    """What is wrong with the page that is open; visitors get 401 for what is not theirs."""
    found = [one for one in await faults(tab, look) if "status of 401" not in one]
    return [*found, *await violations(tab), *filter(None, [await too_wide(tab)])]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_who_agrees_is_seen_and_nobody_else(
    chromium: Chromium, street: Scene, look: Look
) -> None:
    person = await asyncio.to_thread(person_of, street.site, look.language)
    shy = await asyncio.to_thread(street.site.newcomer)
    shown = person.write(f"For the whole world {look}", audience="public")
    inside = person.write(f"For the network {look}", audience="network")
    theirs = shy.write(f"Of somebody shy {look}", audience="public")
    street.author.write(f"Of the other site {look}", audience="public")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await tab.open(street.address(f"/@{person.username}"))
        assert SIGN_IN[look.language] in await tab.ask("document.body.innerText")
        wrong["before"] = await look_at(tab, look)
        async with visitor(chromium, look) as own:
            await enter(own, person)
            await own.open(street.address("/settings/public"))
            await own.ask("document.querySelector('#public').click()")
            await press(own, "main form .button-primary")
            assert SAVED[look.language] in await own.ask("document.body.innerText")
            wrong["consent"] = await look_at(own, look)
        await tab.open(street.address(f"/@{person.username}"))
        said = await tab.ask("document.body.innerText")
        assert f"For the whole world {look}" in said
        assert f"For the network {look}" not in said
        meta = "document.querySelector('meta[property=\"og:title\"]').content"
        assert person.username in (await tab.ask(meta)).lower()
        feed = "document.querySelector('link[type=\"application/rss+xml\"]').href"
        text = await tab.ask(f"fetch({feed}).then((one) => one.text())")
        assert f"For the whole world {look}" in text
        assert f"For the network {look}" not in text
        wrong["profile"] = await look_at(tab, look)
        await tab.open(street.address(f"/@{person.username}/{shown['id']}"))
        assert f"For the whole world {look}" in await tab.ask("document.body.innerText")
        wrong["post"] = await look_at(tab, look)
        for path in (
            f"/@{person.username}/{inside['id']}",
            f"/@{shy.username}",
            f"/@{shy.username}/{theirs['id']}",
            f"/@{street.author.handle}",
        ):
            await tab.open(street.address(path))
            text = await tab.ask("document.documentElement.textContent")
            assert SIGN_IN[look.language] in text, path
            assert str(look) not in text, path
        await tab.open(street.address("/about"))
        assert ABOUT_THE_SITE["rules"][0] in await tab.ask("document.body.innerText")
        wrong["about"] = await look_at(tab, look)
    assert {page: found for page, found in wrong.items() if found} == {}
