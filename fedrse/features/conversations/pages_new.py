"""Pages: whom to write to. People are found, chosen and let go by forms without script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Invalid, NotFound, TooLarge
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.conversations.model_chats import MOST_PEOPLE, Chat
from fedrse.features.conversations.pages import MESSAGES
from fedrse.features.conversations.pages_sending import (
    MessageForm,
    People,
    Sending,
    new_form,
    read_form,
    refused,
)
from fedrse.features.conversations.service_chats import Chats
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

NEW = f"{MESSAGES}/new"
FOUND = 12
LONGEST_QUERY = 100
NOBODY = translatable("Choose at least one person.")

LookUp = Callable[[list[tuple[str, str]]], Awaitable[None]]
"""Makes people known whose name and domain these are, as far as that is quick."""
Find = Callable[[Transaction, int, str, int], Awaitable[list[int]]]
"""Ids of people whom the viewer may write to and whose name or handle begins like the text."""


class Seekers(People, Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...


class _Desk(Struct, frozen=True):
    me: Entity
    chosen: list[Entity]
    found: list[Entity]
    chat: Chat | None
    attached: list[Entity]


class NewChatPages:
    """``/messages/new`` and ``/messages/with/{id}``."""

    def __init__(
        self,
        *,
        database: Database,
        chats: Chats,
        sending: Sending,
        people: Seekers,
        find: Find,
        look_up: LookUp,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._chats = chats
        self._sending = sending
        self._people = people
        self._find = find
        self._look_up = look_up
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages; before ``/messages/{id}``."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", NEW, self.show, page, user),
            Route("POST", NEW, self.send, page, user, uploads=self._sending.uploads),
            Route("GET", f"{MESSAGES}/with/{{id}}", self.with_person, page, user),
        ]

    async def with_person(self, request: Request) -> Reply:
        """``GET /messages/with/{id}``: the chat with somebody, or the form that begins it."""
        viewer, account_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> Chat | None:
            account = await self._people.access_account(tx, viewer, account_id)
            return await self._chats.with_people(tx, viewer, {account.id})

        chat = await self._database.read(unit)
        where = f"{NEW}?to[]={account_id}" if chat is None else f"{MESSAGES}/{chat.key}"
        return redirect(where, status=303)

    async def show(self, request: Request) -> Reply:
        """``GET /messages/new``: ``to[]`` are chosen, ``q`` finds more, ``remove`` lets one go."""
        return await self._draw(request, new_form())

    async def send(self, request: Request) -> Reply:
        """``POST /messages/new``: the first message to those who were chosen."""
        viewer, form = request.require_viewer(), read_form(request)
        try:
            form = await self._sending.attach(request, viewer, form)
            desk = await self._database.read(self._desk, request, form)
            people = _people_of(desk)
            last = None if desk.chat is None else desk.chat.last_post_id
            key = await self._sending.send(viewer, people, form, last)
        except (Invalid, TooLarge) as error:
            form = refused(form, error)
            if error.code == "nobody":
                form = replace(form, error=NOBODY)
            return await self._draw(request, form, status=422)
        return redirect(f"{MESSAGES}/{key}#end", status=303)

    async def _draw(self, request: Request, form: MessageForm, *, status: int = 200) -> Reply:
        await self._make_known(_query(request))
        desk = await self._database.read(self._desk, request, form)
        return self._renderer.render(
            request,
            "conversations/new.html",
            status=status,
            viewer=self._drawing.person(desk.me),
            chosen=[(one["id"], self._drawing.person(one)) for one in desk.chosen],
            found=[(one["id"], self._drawing.person(one)) for one in desk.found],
            words=_query(request),
            chat=desk.chat,
            form=form,
            attached=desk.attached,
            is_full=len(desk.chosen) >= MOST_PEOPLE,
        )

    async def _make_known(self, words: str) -> None:
        """Asks the site of somebody whose whole handle was typed."""
        handle = parse_handle(words) if "@" in words.lstrip("@") else None
        if handle is not None and handle.domain is not None:
            await self._look_up([(handle.username, handle.domain)])

    async def _desk(self, tx: Transaction, request: Request, form: MessageForm) -> _Desk:
        viewer = request.require_viewer()
        chosen = []
        for one in _chosen(request):
            try:
                account = await self._people.access_account(tx, viewer, one)
            except NotFound:
                continue
            if account.id != viewer and not account.is_gone:
                chosen.append(account.id)
        found = await self._find(tx, viewer, _query(request), FOUND + len(chosen) + 1)
        found = [one for one in found if one != viewer and one not in chosen][:FOUND]
        entities = await self._people.entities(tx, [viewer, *chosen, *found])
        chat = await self._chats.with_people(tx, viewer, set(chosen)) if chosen else None
        return _Desk(
            entities[viewer],
            [entities[one] for one in chosen if one in entities],
            [entities[one] for one in found if one in entities],
            chat,
            await self._sending.attached(tx, viewer, form),
        )


def _people_of(desk: _Desk) -> list[int]:
    if not desk.chosen:
        raise Invalid("nobody", "Nobody was chosen")
    return [int(one["id"]) for one in desk.chosen]


def _query(request: Request) -> str:
    return (request.text("q") or "").strip()[:LONGEST_QUERY]


def _chosen(request: Request) -> list[int]:
    """``to[]`` and ``add`` without ``remove``."""
    given = request.params.get("to")
    listed = given if isinstance(given, list) else [given]
    listed = [*listed, request.text("add")]
    ids = [found for one in listed if isinstance(one, str) and (found := parse_id(one)) is not None]
    gone = parse_id(request.text("remove") or "")
    return [one for one in dict.fromkeys(ids) if one != gone][:MOST_PEOPLE]
