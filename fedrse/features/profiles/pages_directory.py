"""The people of this site: everybody by name, or who fits what somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from fedrse.features.profiles.model import Card
from fedrse.features.profiles.model_search import LONGEST, Found, Wish, matches, values
from fedrse.features.profiles.service import Profiles
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person

PATH: Final = "/people"
PER_PAGE: Final = 40
_CHOSEN: Final = ("unit", "site", "language")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]: ...


class DirectoryPage:
    """``/people``."""

    def __init__(
        self, *, database: Database, profiles: Profiles, people: People, renderer: Renderer
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._people = people
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address."""
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """``GET /people``: by words, skill, unit, site and language."""
        viewer, wish, first = request.require_viewer(), _wish(request), _first(request)

        async def unit(tx: Transaction) -> tuple[list[Found], list[Found], dict[int, Any]]:
            everybody = await self._profiles.colleagues(tx, viewer)
            fitting = [one for one in everybody if matches(wish, (one.name,), one.card)]
            shown = [one.account_id for one in fitting[first : first + PER_PAGE]]
            return everybody, fitting, await self._people.entities(tx, [*shown, viewer])

        everybody, fitting, entities = await self._database.read(unit)
        cards = [one.card for one in everybody]
        return self._renderer.render(
            request,
            "profiles/directory.html",
            viewer=self._person(entities[viewer]),
            wish=wish,
            choices={
                name: values(cards, "languages" if name == "language" else name) for name in _CHOSEN
            },
            skills=values(cards, "expertise"),
            total=len(fitting),
            people=self._views(fitting[first : first + PER_PAGE], entities),
            further=_further(wish, first, len(fitting)),
        )

    def _views(
        self, found: list[Found], entities: dict[int, dict[str, Any]]
    ) -> list[tuple[Person, Card]]:
        return [(self._person(entities[one.account_id]), one.card) for one in found]

    def _person(self, entity: dict[str, Any]) -> Person:
        return self._renderer.faces.person(entity)


def _wish(request: Request) -> Wish:
    def text(name: str) -> str:
        return (request.text(name) or "").strip()[:LONGEST]

    return Wish(text("q"), text("skill"), text("unit"), text("site"), text("language"))


def _first(request: Request) -> int:
    text = request.text("from") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _further(wish: Wish, first: int, total: int) -> str:
    if first + PER_PAGE >= total:
        return ""
    wanted = {"q": wish.words, "skill": wish.skill, "unit": wish.unit, "site": wish.site}
    wanted |= {"language": wish.language, "from": str(first + PER_PAGE)}
    return f"{PATH}?{urlencode({name: text for name, text in wanted.items() if text})}"
