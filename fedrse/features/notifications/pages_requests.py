"""Pages: notifications that wait because of what somebody decided, and deciding it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.notifications import service_requests
from fedrse.features.notifications.model import Wanted
from fedrse.features.notifications.model_policy import Policy, Ruling
from fedrse.features.notifications.pages_rows import excerpt_of
from fedrse.features.notifications.service import Notifications
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person, Post

REQUESTS: Final = "/notifications/requests"
SETTINGS: Final = "/settings/notifications"
RULINGS: Final = (
    (Ruling.ACCEPT, translatable("Show them")),
    (Ruling.FILTER, translatable("Let them wait")),
    (Ruling.DROP, translatable("Throw them away")),
)
RULES: Final = (
    (
        "for_not_following",
        translatable("People you do not follow"),
        translatable("Until you let through what somebody sends."),
    ),
    (
        "for_not_followers",
        translatable("People who do not follow you"),
        translatable("Also those who follow you since less than three days."),
    ),
    (
        "for_new_accounts",
        translatable("New accounts"),
        translatable("Less than 30 days old, of people you do not follow."),
    ),
    (
        "for_private_mentions",
        translatable("Direct messages nobody asked for"),
        translatable("Of people you do not follow, unless they answer you."),
    ),
)
Work = Callable[[Transaction, service_requests.Request], Awaitable[None]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, Entity]: ...


class Waiting(Struct, frozen=True):
    """Somebody whose notifications wait; ``excerpt`` is of their newest post among them."""

    key: int
    person: Person
    number: int
    at: int
    excerpt: str


class _Seen(Struct, frozen=True):
    """Requests, with what draws them."""

    found: list[service_requests.Request]
    posts: list[Entity]
    people: dict[int, Entity]
    me: Entity | None


class RequestPages:
    """``/notifications/requests`` and ``/settings/notifications``."""

    def __init__(
        self,
        *,
        database: Database,
        notifications: Notifications,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
        by_mail: bool,
        pushes: bool,
    ) -> None:
        """``by_mail``: this site can send mails. ``pushes``: apps may ask to be woken."""
        self._database = database
        self._notifications = notifications
        self._requests = notifications.requests
        self._people = people
        self._drawing = drawing
        self._renderer = renderer
        self._by_mail = by_mail
        self._pushes = pushes

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{REQUESTS}/{{id}}"
        return [
            _route("GET", REQUESTS, self.listing),
            _route("GET", one, self.one),
            _route("POST", f"{one}/accept", self.accept),
            _route("POST", f"{one}/dismiss", self.dismiss),
            _route("GET", SETTINGS, self.settings),
            _route("POST", SETTINGS, self.save),
        ]

    # Requests

    async def listing(self, request: Request) -> Reply:
        """``GET /notifications/requests``."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> _Seen:
            found = await self._requests.listing(tx, viewer, page)
            return await self._seen(tx, viewer, found)

        seen = await self._database.read(unit)
        more = len(seen.found) == page.limit
        return self._renderer.render(
            request,
            "notifications/requests.html",
            viewer=self._viewer(seen.me),
            waiting=self._waiting(request, seen),
            older=f"{REQUESTS}?max_id={seen.found[-1].id}" if more else "",
        )

    async def one(self, request: Request) -> Reply:
        """``GET /notifications/requests/{id}``: what one person sent that waits."""
        viewer, identifier, page = request.require_viewer(), request.path_id(), request.page()

        async def unit(tx: Transaction) -> tuple[_Seen, list[Entity], int | None]:
            found = await self._requests.access_request(tx, viewer, identifier)
            wanted = Wanted(by=found.from_id, filtered_too=True)
            told = await self._notifications.listing(tx, viewer, page, wanted)
            ids = [one.post_id for one in told if one.filtered and one.post_id is not None]
            posts, _ = await self._drawing.read(tx, list(dict.fromkeys(ids)), viewer)
            oldest = told[-1].id if len(told) == page.limit else None
            return await self._seen(tx, viewer, [found]), posts, oldest

        seen, posts, oldest = await self._database.read(unit)
        waiting = self._waiting(request, seen)
        if not waiting:
            raise NotFound
        return self._renderer.render(
            request,
            "notifications/request.html",
            viewer=self._viewer(seen.me),
            one=waiting[0],
            cards=self._drawing.cards(request, posts),
            older="" if oldest is None else f"{request.path}?max_id={oldest}",
        )

    async def accept(self, request: Request) -> Reply:
        """``POST .../accept``: shows what waits, and from now on whatever this person sends."""
        return await self._decide(request, self._requests.accept)

    async def dismiss(self, request: Request) -> Reply:
        """``POST .../dismiss``: forgets what waits."""
        return await self._decide(request, self._requests.dismiss)

    async def _decide(self, request: Request, work: Work) -> Reply:
        """A second time there is nothing left to decide."""
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            for found in await self._requests.several(tx, viewer, [identifier]):
                await work(tx, found)

        await self._database.write(unit)
        return redirect(REQUESTS)

    async def _seen(
        self, tx: Transaction, viewer: int, found: list[service_requests.Request]
    ) -> _Seen:
        last = [one.last_post_id for one in found if one.last_post_id is not None]
        posts, me = await self._drawing.read(tx, list(dict.fromkeys(last)), viewer)
        people = await self._people.entities(tx, [one.from_id for one in found])
        return _Seen(found, posts, people, me)

    def _waiting(self, request: Request, seen: _Seen) -> list[Waiting]:
        cards = self._drawing.cards(request, seen.posts)
        by_id: dict[str, Post] = dict(zip((one["id"] for one in seen.posts), cards, strict=True))
        shown = []
        for one in seen.found:
            entity, card = seen.people.get(one.from_id), by_id.get(str(one.last_post_id))
            if entity is not None:
                text = "" if card is None else excerpt_of(card)
                person = self._drawing.person(entity)
                shown.append(Waiting(one.id, person, one.waiting, one.updated_at, text))
        return shown

    def _viewer(self, me: Entity | None) -> Person | None:
        return None if me is None else self._drawing.person(me)

    # What reaches somebody

    async def settings(self, request: Request) -> Reply:
        """``GET /settings/notifications``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Policy, tuple[int, int], Entity | None]:
            policy = await self._requests.policy(tx, viewer)
            summary = await self._requests.summary(tx, viewer)
            return policy, summary, (await self._drawing.read(tx, [], viewer))[1]

        policy, summary, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "notifications/settings.html",
            viewer=self._viewer(me),
            rules=RULES,
            rulings=RULINGS,
            values=asdict(policy),
            waiting=summary[0],
            by_mail=self._by_mail,
            pushes=self._pushes,
            saved=request.text("saved") is not None,
        )

    async def save(self, request: Request) -> Reply:
        """``POST /settings/notifications``; what is not one of the choices stays as it was."""
        viewer = request.require_viewer()
        given = {name: request.text(name) for name, _, _ in RULES}
        changes: dict[str, Any] = {
            name: Ruling(value) for name, value in given.items() if value in set(Ruling)
        }

        async def unit(tx: Transaction) -> None:
            policy = await self._requests.policy(tx, viewer)
            await self._requests.set_policy(tx, viewer, replace(policy, **changes))

        await self._database.write(unit)
        return redirect(f"{SETTINGS}?saved=1")


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
