"""The people of this site, and of the others that are asked: by name, or who fits a wish."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.core.urls import BadUrl, origin_of
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.profiles.model import Card
from fedrse.features.profiles.model_elsewhere import FURTHEST, Answer, Hit
from fedrse.features.profiles.model_search import Found, Wish, matches, read_wish, values
from fedrse.features.profiles.service import Profiles
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person

PATH: Final = "/people"
PER_PAGE: Final = 40
_CHOSEN: Final = ("unit", "site", "language")
TROUBLES: Final[Mapping[str, str]] = {
    "slow": translatable("It did not answer in time. Ask again in a moment."),
    "unreachable": translatable("It cannot be reached at the moment."),
    "refused": translatable("It does not answer questions of this site."),
    "not_offered": translatable("It does not take part in this search."),
    "busy": translatable("It was asked very often. Ask again in a minute."),
    "too_often": translatable("You have asked very often. Ask again in a minute."),
    "unreadable": translatable("Its answer could not be read."),
}
Lookup = Callable[[str], Awaitable[int | None]]
"""The account with an address, which is asked for at its site where it is not known."""


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]: ...

    async def by_uris(self, tx: Transaction, uris: Sequence[str]) -> dict[str, Account]: ...


class Elsewhere(Protocol):
    """Questions to other sites; implemented by ``jobs_search.Elsewhere``."""

    async def ask(
        self, viewer: int, wish: Wish, *, host: str = "", cursor: int = 0
    ) -> list[Answer]: ...


class AtSite(Struct, frozen=True):
    """What one site answered, as it is drawn. ``trouble`` is a sentence."""

    host: str
    name: str
    trouble: str
    total: int
    people: list[tuple[Person, Card]]
    further: str


class DirectoryPage:
    """``/people``."""

    def __init__(
        self,
        *,
        database: Database,
        profiles: Profiles,
        people: People,
        elsewhere: Elsewhere,
        lookup: Lookup,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._people = people
        self._elsewhere = elsewhere
        self._lookup = lookup
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.show, page, user),
            Route("GET", f"{PATH}/open", self.open, page, user),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /people``: by words, skill, unit, site and language.

        ``everywhere`` asks the other sites, too; ``at`` and ``cursor`` one of them for more.
        """
        viewer, wish, first = request.require_viewer(), read_wish(request.text), _first(request)
        asks = bool(self._profiles.peers) and not wish.is_vague
        answers: list[AtSite] | None = None
        if asks and request.text("everywhere"):
            answers = await self._answers(request, viewer, wish)

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
            peers=self._profiles.peers,
            asks=asks,
            only_at=request.text("at") or "",
            answers=answers,
            everywhere=f"{PATH}?{urlencode({**wish.params(), 'everywhere': '1'})}",
        )

    async def open(self, request: Request) -> Reply:
        """``GET /people/open``: on to the profile of somebody found at a member site."""
        uri = (request.text("uri") or "")[:2048]
        try:
            host = origin_of(uri).peer
        except BadUrl as error:
            raise NotFound from error
        account_id = await self._lookup(uri) if host in self._profiles.peers else None
        if account_id is None:
            raise NotFound
        entities = await self._database.read(self._people.entities, [account_id])
        if account_id not in entities:
            raise NotFound
        return redirect(self._person(entities[account_id]).path, status=302)

    # Other sites

    async def _answers(self, request: Request, viewer: int, wish: Wish) -> list[AtSite]:
        host, cursor = request.text("at") or "", min(_first(request, "cursor"), FURTHEST)
        answers = await self._elsewhere.ask(viewer, wish, host=host, cursor=cursor)
        uris = [hit.uri for answer in answers for hit in answer.hits]

        async def unit(tx: Transaction) -> tuple[dict[str, Person], dict[str, str]]:
            known = await self._people.by_uris(tx, uris)
            ids = [account.id for account in known.values()]
            entities = await self._people.entities(tx, ids)
            people = {
                uri: self._person(entities[account.id])
                for uri, account in known.items()
                if account.id in entities
            }
            return people, await names_of_sites(tx, [answer.host for answer in answers])

        known, names = await self._database.read(unit)
        return [
            AtSite(
                answer.host,
                names.get(answer.host, answer.host),
                TROUBLES.get(answer.trouble, ""),
                answer.total,
                [(known.get(hit.uri) or _stranger(hit), hit.card) for hit in answer.hits],
                _further_at(wish, answer),
            )
            for answer in answers
        ]

    def _views(
        self, found: list[Found], entities: dict[int, dict[str, Any]]
    ) -> list[tuple[Person, Card]]:
        return [(self._person(entities[one.account_id]), one.card) for one in found]

    def _person(self, entity: dict[str, Any]) -> Person:
        return self._renderer.faces.person(entity)


def _stranger(hit: Hit) -> Person:
    """Somebody whom this site does not know yet: their page is asked for when it is opened."""
    path = f"{PATH}/open?{urlencode({'uri': hit.uri})}"
    return Person(name=hit.name, handle=f"@{hit.handle}", path=path)


def _first(request: Request, name: str = "from") -> int:
    text = request.text(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _further(wish: Wish, first: int, total: int) -> str:
    if first + PER_PAGE >= total:
        return ""
    return f"{PATH}?{urlencode({**wish.params(), 'from': str(first + PER_PAGE)})}"


def _further_at(wish: Wish, answer: Answer) -> str:
    if not answer.further:
        return ""
    wanted = {"everywhere": "1", "at": answer.host, "cursor": str(answer.further)}
    return f"{PATH}?{urlencode(wish.params() | wanted)}"
