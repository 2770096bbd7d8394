"""Pages: messages, as chats with one or several people of any site.

They are direct posts: apps show the same ones as private mentions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound, TooLarge
from fedrse.core.html import excerpt, html_to_text
from fedrse.features.conversations.model_chats import Chat, without_names
from fedrse.features.conversations.pages_sending import (
    MessageForm,
    People,
    Sending,
    new_form,
    read_form,
    refused,
)
from fedrse.features.conversations.service_chats import Chats
from fedrse.features.conversations.service_typing import TypingSigns
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person, Post

MESSAGES = "/messages"
PART = 30  # chats on a page
MESSAGES_PART = 50
MOST_FOUND = 50
BEGINNING = 90  # characters of the last message in the list
IN_PLACE = "X-In-Place"

Work = Callable[[Transaction, int, Chat], Awaitable[None]]


class Line(Struct, frozen=True):
    """A chat in the list; ``post`` is the last message, None where it cannot be shown."""

    key: int
    people: list[Person]
    post: Post | None
    beginning: str
    is_mine: bool
    unread: bool
    muted: bool


class Bubble(Struct, frozen=True):
    """A message; ``content`` is without the names that only address it."""

    post: Post
    content: Markup
    is_mine: bool


class _Found(Struct, frozen=True):
    me: Entity
    chat: Chat
    people: list[Entity]
    statuses: list[Entity]
    older: int | None
    attached: list[Any]


class ChatPages:
    """``/messages`` and below."""

    def __init__(
        self,
        *,
        database: Database,
        chats: Chats,
        sending: Sending,
        typing: TypingSigns,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._chats = chats
        self._sending = sending
        self._typing = typing
        self._people = people
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        one = f"{MESSAGES}/{{id}}"
        return [
            Route("GET", MESSAGES, self.listing, page, user),
            Route("GET", one, self.show, page, user),
            Route("POST", one, self.send, page, user, uploads=self._sending.uploads),
            Route("POST", f"{one}/typing", self.typing, page, user),
            Route("POST", f"{one}/mute", self._doing(self._chats.mute), page, user),
            Route("POST", f"{one}/unmute", self._doing(self._chats.unmute), page, user),
            Route("POST", f"{one}/hide", self._doing(self._chats.hide, stay=False), page, user),
            Route("POST", f"{one}/leave", self._doing(self._chats.leave, stay=False), page, user),
        ]

    # The list

    async def listing(self, request: Request) -> Reply:
        """``GET /messages``: the latest first; ``max_id`` is the id of a last message."""
        viewer, page = request.require_viewer(), request.page(default=PART)

        async def unit(tx: Transaction) -> tuple[list[Chat], list[Entity], dict[int, Entity]]:
            chats = await self._chats.listing(tx, viewer, before=page.max_id, limit=page.limit)
            statuses, _ = await self._drawing.read(tx, [one.last_post_id for one in chats], viewer)
            everybody = {who for one in chats for who in one.people} | {viewer}
            return chats, statuses, await self._people.entities(tx, list(everybody))

        chats, statuses, people = await self._database.read(unit)
        posts = {one["id"]: one for one in statuses}
        me = self._drawing.person(people[viewer])
        return self._renderer.render(
            request,
            "conversations/messages.html",
            viewer=me,
            lines=[self._line(request, one, posts, people) for one in chats],
            older=f"?max_id={chats[-1].last_post_id}" if len(chats) == page.limit else "",
        )

    def _line(
        self,
        request: Request,
        chat: Chat,
        posts: dict[str, Entity],
        people: dict[int, Entity],
    ) -> Line:
        viewer = request.require_viewer()
        status = posts.get(str(chat.last_post_id))
        who = [people[one] for one in chat.people or [viewer] if one in people]
        text = "" if status is None else _beginning(status)
        return Line(
            key=chat.key,
            people=[self._drawing.person(one) for one in who],
            post=None if status is None else self._drawing.cards(request, [status])[0],
            beginning=text,
            is_mine=status is not None and status["account"]["id"] == str(viewer),
            unread=chat.unread,
            muted=chat.muted,
        )

    # One chat

    async def show(self, request: Request) -> Reply:
        """``GET /messages/{id}``: the latest messages; ``q`` finds words in all of them.

        ``find`` shows where to type them.
        """
        return await self._draw(request, request.path_id(), new_form())

    async def send(self, request: Request) -> Reply:
        """``POST /messages/{id}``: one more message."""
        viewer, key, form = request.require_viewer(), request.path_id(), read_form(request)
        try:
            form = await self._sending.attach(request, viewer, form)
            chat = await self._database.read(self._chats.by_key, viewer, key)
            self._typing.ends(viewer, key)
            key = await self._sending.send(viewer, chat.people, form, chat.last_post_id)
        except (Invalid, TooLarge) as error:
            return await self._draw(request, key, refused(form, error), status=422)
        if request.headers.get(IN_PLACE):
            return await self._draw(request, key, new_form())
        return redirect(f"{MESSAGES}/{key}#end", status=303)

    async def typing(self, request: Request) -> Reply:
        """``POST /messages/{id}/typing``: others of this site who look at it see it for a moment.

        The script says so every few seconds while somebody types. Nothing is stored.
        """
        viewer, key = request.require_viewer(), request.path_id()
        if self._typing.is_due(viewer, key):

            async def unit(tx: Transaction) -> None:
                chat = await self._chats.by_key(tx, viewer, key)
                await self._typing.tell(tx, viewer, chat.people)

            await self._database.write(unit)
        return Reply(status=204)

    async def _draw(
        self, request: Request, key: int, form: MessageForm, *, status: int = 200
    ) -> Reply:
        viewer = request.require_viewer()
        words = (request.text("q") or "").strip()[:200] if request.method == "GET" else ""
        page = request.page(default=MESSAGES_PART, cap=MESSAGES_PART)

        async def unit(tx: Transaction) -> _Found:
            chat = await self._chats.by_key(tx, viewer, key)
            older = None
            if words:
                ids = await self._chats.search(tx, viewer, chat, words, limit=MOST_FOUND)
            else:
                ids = await self._chats.messages(
                    tx, viewer, chat, before=page.max_id, limit=MESSAGES_PART
                )
                older = ids[-1] if len(ids) == MESSAGES_PART else None
            statuses, me = await self._drawing.read(tx, ids[::-1], viewer)
            if me is None:
                raise NotFound
            people = await self._people.entities(tx, chat.people)
            return _Found(
                me,
                chat,
                [people[one] for one in chat.people if one in people],
                statuses,
                older,
                await self._sending.attached(tx, viewer, form),
            )

        found = await self._database.read(unit)
        if found.chat.unread and not words:
            await self._database.write(self._chats.mark_read, viewer, found.chat)
        return self._page(request, found, form, words, status)

    def _page(
        self, request: Request, found: _Found, form: MessageForm, words: str, status: int
    ) -> Reply:
        me = self._drawing.person(found.me)
        others = [self._drawing.person(one) for one in found.people]
        place = f"{MESSAGES}/{found.chat.key}"
        return self._renderer.render(
            request,
            "conversations/chat.html",
            status=status,
            viewer=me,
            chat=found.chat,
            place=place,
            people=others or [me],
            is_alone=not others,
            members=",".join(sorted(one["id"] for one in found.people)),
            reader=found.me["id"],
            named=[(one["id"], person) for one, person in zip(found.people, others, strict=True)],
            typing=any("@" not in one["acct"] for one in found.people),
            bubbles=self._bubbles(request, found),
            is_latest="max_id" not in request.params and not words,
            words=words,
            finds=bool(words or request.text("find")),
            older="" if found.older is None else f"{place}?max_id={found.older}",
            form=form,
            attached=found.attached,
        )

    def _bubbles(self, request: Request, found: _Found) -> list[Bubble]:
        return [
            Bubble(
                post,
                Markup(without_names(str(post.content))),  # noqa: S704  (sanitised already)
                status["account"]["id"] == found.me["id"],
            )
            for status, post in zip(
                found.statuses, self._drawing.cards(request, found.statuses), strict=True
            )
        ]

    # What one wants of it

    def _doing(self, work: Work, *, stay: bool = True) -> Callable[[Request], Awaitable[Reply]]:
        """A handler that does something with a chat and goes back to it, or to the list."""

        async def handler(request: Request) -> Reply:
            viewer, key = request.require_viewer(), request.path_id()

            async def unit(tx: Transaction) -> None:
                await work(tx, viewer, await self._chats.by_key(tx, viewer, key))

            await self._database.write(unit)
            return redirect(f"{MESSAGES}/{key}" if stay else MESSAGES, status=303)

        return handler


def _beginning(status: Entity) -> str:
    text = status["spoiler_text"] or html_to_text(without_names(status["content"]))
    return excerpt(text, BEGINNING)
