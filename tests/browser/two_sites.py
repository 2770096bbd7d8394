"""Two people at two federating sites, each with a browser of their own, signed in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.browser.chromium import FLOWS, Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_between_sites import enter, person_of, shows
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults
from tests.sites.person import Person
from tests.sites.site import Site

LOOKS = FLOWS


@dataclass
class Desk:
    """Somebody at their own site; ``wrong`` is what was found wrong with pages, by name."""

    person: Person
    tab: Tab
    look: Look
    wrong: dict[str, list[str]] = field(default_factory=dict)

    async def open(self, path: str) -> None:
        """A page of the own site."""
        await self.tab.open(self.person.site.base_url + path)

    async def shows(self, path: str, script: str) -> None:
        """Opens it until an expression is true: a message of the other site is on its way."""
        await shows(self.tab, self.person.site.base_url + path, script)

    async def press(self, selector: str) -> None:
        """Something that leads to another page, by keyboard; menus around it are opened."""
        await self.focus(selector)
        async with self.tab.loading():
            await self.tab.press("Enter")

    async def focus(self, selector: str) -> None:
        """Goes to a control; what is folded up around it is opened."""
        await self.tab.ask(
            "(one => { const around = one.closest('details:not([open])');"
            " if (around && !one.closest('summary')) around.open = true; one.focus(); })"
            f"(document.querySelector({selector!r}))"
        )

    async def becomes(self, script: str, wanted: object) -> None:
        """Waits on the page that is open."""
        await becomes(self.tab, script, wanted)

    async def fill(self, selector: str, text: str) -> None:
        """Types over what stands in a field; what is folded up around it is opened."""
        await self.focus(selector)
        await self.tab.ask("document.activeElement.select()")
        await self.tab.type(text)

    async def look_at(self, name: str, *expected: str) -> None:
        """Holds the page that is open against the rules for all pages."""
        found = await faults(self.tab, self.look)
        self.wrong[name] = [one for one in found if not any(word in one for word in expected)]

    def card(self, text: str) -> str:
        """An expression for the card of the post with this text."""
        return (
            "[...document.querySelectorAll('main article.post')]"
            f".find((one) => one.textContent.includes({text!r}))"
        )

    async def path_of(self, text: str) -> str:
        """Where the post with this text stands; its card is on the page."""
        where = f"{self.card(text)}.querySelector('a.time').href"
        return str(await self.tab.ask(f"new URL({where}).pathname"))

    async def from_card(self, text: str, button: str) -> None:
        """Takes what leads on from the menu of a post, by keyboard."""
        await self.tab.ask(
            f"(one => {{ one.closest('details').open = true; one.focus(); }})"
            f"({self.card(text)}.querySelector({button!r}))"
        )
        async with self.tab.loading():
            await self.tab.press("Enter")

    async def text(self) -> str:
        """What the page says, with ordinary blanks."""
        said = "document.querySelector('main').innerText.replaceAll(/[\\u00a0\\u202f]/g, ' ')"
        return str(await self.tab.ask(said))


@contextlib.asynccontextmanager
async def two_desks(
    chromium: Chromium, scene: Scene, look: Look, *, follows: bool = True
) -> AsyncIterator[tuple[Desk, Desk]]:
    """An author at ``nantes`` and a reader at ``lyon``; at the end no page had a fault."""
    author = await asyncio.to_thread(person_of, scene.author.site, look.language)
    reader = await asyncio.to_thread(person_of, scene.site, look.language)
    if follows:
        await asyncio.to_thread(reader.follow, author)
    async with visitor(chromium, look) as there, visitor(chromium, look) as here:
        desks = Desk(author, there, look), Desk(reader, here, look)
        await asyncio.gather(enter(there, author), enter(here, reader))
        yield desks
    _assert_faultless(*desks)


@contextlib.asynccontextmanager
async def one_more(
    chromium: Chromium, site: Site, look: Look, *, role: str = "member"
) -> AsyncIterator[Desk]:
    """Somebody else of a site; ``role`` as in the console."""
    person = await asyncio.to_thread(person_of, site, look.language)
    site.execute(f"UPDATE login SET role = '{role}' WHERE account_id = {person.id}")
    async with visitor(chromium, look) as tab:
        desk = Desk(person, tab, look)
        await enter(tab, person)
        yield desk
    _assert_faultless(desk)


def _assert_faultless(*desks: Desk) -> None:
    found = {
        f"{desk.person.site.name} {name}": wrong
        for desk in desks
        for name, wrong in desk.wrong.items()
        if wrong
    }
    assert found == {}, found
