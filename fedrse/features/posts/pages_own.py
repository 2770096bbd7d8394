"""Pages: changing and deleting an own post, and what a post was before."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from msgspec import Struct

from fedrse.core.clock import SECOND, Clock, from_iso
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.posts.model_form import ComposeForm, read_focus
from fedrse.features.posts.pages_compose_desk import FOCUS, People, languages
from fedrse.features.posts.pages_compose_form import read_form, wrong_fields
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_edit import Version
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer


class _Own(Struct, frozen=True):
    """An own post with what its form begins with."""

    me: Entity | None
    post: Post
    shown: list[Entity]


class OwnPostPages:
    """``/posts/{id}/edit``, ``/delete`` and ``/history``."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
        clock: Clock,
        max_characters: int,
    ) -> None:
        self._clock = clock
        self._database = database
        self._posts = posts
        self._people = people
        self._drawing = drawing
        self._renderer = renderer
        self._max_characters = max_characters

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user, one = Surface.PAGE, Auth.USER, "/posts/{id}"
        return [
            Route("GET", f"{one}/edit", self.show_edit, page, user),
            Route("POST", f"{one}/edit", self.edit, page, user),
            Route("GET", f"{one}/delete", self.ask_delete, page, user),
            Route("POST", f"{one}/delete", self.delete, page, user),
            Route("GET", f"{one}/history", self.history, page, user),
        ]

    async def show_edit(self, request: Request) -> Reply:
        """``GET .../edit``: the post as it was written."""
        own = await self._own(request)
        status = own.shown[0]
        form = ComposeForm(
            text=own.post.source,
            warning=own.post.summary,
            language=own.post.language or "",
            media=tuple(int(one["id"]) for one in status["media_attachments"]),
        )
        return self._draw_edit(request, own, form, {})

    async def edit(self, request: Request) -> Reply:
        """``POST .../edit``: a poll stays what it is."""
        own, form = await self._own(request), read_form(request)
        edit = form.edit(own.post, self._poll(own.shown[0]))

        async def unit(tx: Transaction) -> None:
            author = await self._people.by_id(tx, own.post.account_id)
            if author is None:
                raise NotFound
            await self._posts.edit(tx, author, own.post.id, edit)

        try:
            await self._database.write(unit)
        except Invalid as error:
            return self._draw_edit(request, own, form, wrong_fields(error), status=422)
        return redirect(_path(own), status=303)

    async def ask_delete(self, request: Request) -> Reply:
        """``GET .../delete``: shows what would go."""
        own = await self._own(request)
        return self._renderer.render(
            request,
            "posts/delete.html",
            viewer=None if own.me is None else self._drawing.person(own.me),
            cards=self._drawing.cards(request, own.shown),
            action=request.path,
            back=_path(own),
        )

    async def delete(self, request: Request) -> Reply:
        """``POST .../delete``: deletes it everywhere; a second time it is gone already."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> str:
            author = await self._people.by_id(tx, viewer)
            if author is None:
                raise NotFound
            await self._posts.delete(tx, author, post_id)
            return f"/@{author.username}"

        return redirect(await self._database.write(unit), status=303)

    async def history(self, request: Request) -> Reply:
        """``GET .../history``: all versions that are known, newest first."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> tuple[list[Version], list[Entity], Entity | None]:
            post = await self._posts.access_original(tx, viewer, post_id)
            versions = await self._posts.history(tx, post)
            return versions, *await self._drawing.read(tx, [post.id], viewer)

        versions, shown, me = await self._database.read(unit)
        if not shown:
            raise NotFound
        return self._renderer.render(
            request,
            "posts/history.html",
            viewer=None if me is None else self._drawing.person(me),
            card=self._drawing.cards(request, shown)[0],
            versions=[_version(one) for one in reversed(versions)],
        )

    async def _own(self, request: Request) -> _Own:
        """Raises NotFound for posts of others, and for shares."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _Own:
            post = await self._posts.access.access_own(tx, viewer, post_id)
            shown, me = await self._drawing.read(tx, [post.id], viewer)
            if not shown or post.boost_of_id is not None:
                raise NotFound
            return _Own(me, post, shown)

        return await self._database.read(unit)

    def _poll(self, status: Entity) -> dict[str, Any] | None:
        """The poll of a post as an edit takes it, so that it stays."""
        poll = status["poll"]
        if poll is None:
            return None
        ends = poll["expires_at"]
        left = 0 if ends is None else from_iso(ends) - self._clock.now()
        return {
            "options": [one["title"] for one in poll["options"]],
            "multiple": poll["multiple"],
            "expires_in": max(0, left // SECOND),
        }

    def _draw_edit(
        self,
        request: Request,
        own: _Own,
        form: ComposeForm,
        wrong: dict[str, str],
        *,
        status: int = 200,
    ) -> Reply:
        kept = {int(one["id"]): one for one in own.shown[0]["media_attachments"]}
        return self._renderer.render(
            request,
            "posts/edit.html",
            status=status,
            viewer=None if own.me is None else self._drawing.person(own.me),
            form=form,
            wrong=wrong,
            audience=self._drawing.cards(request, own.shown)[0],
            languages=languages(request.language, form.language),
            attached=[_file(kept[one], form) for one in form.media if one in kept],
            focus=FOCUS,
            max_characters=self._max_characters,
            action=request.path,
            back=_path(own),
        )


def _path(own: _Own) -> str:
    return f"/@{own.shown[0]['account']['acct']}/{own.post.id}"


def _file(media: Entity, form: ComposeForm) -> dict[str, Any]:
    """A file of the post as the form shows it."""
    key, focus = int(media["id"]), (media["meta"] or {}).get("focus")
    typed = form.focus.get(key)
    chosen = typed if read_focus(typed) else "{x:g},{y:g}".format(**(focus or {"x": 0, "y": 0}))
    return media | {
        "words": form.descriptions.get(key, media["description"] or ""),
        "focus": chosen,
        "focus_named": chosen in [value for value, _ in FOCUS],
        "is_ready": True,
        "has_focus": media["type"] == "image",
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "content": Markup(version.content),  # noqa: S704  (sanitised when it came in)
        "warning": version.summary,
        "at": version.created_at,
        "poll": version.poll,
        "files": len(version.media),
    }
