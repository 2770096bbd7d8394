"""Pages: reactions of the agreed kinds, by forms that work without script."""

from __future__ import annotations

from collections.abc import Iterable

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model_drawing import Drawing
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.model import KINDS
from fedrse.features.reactions.pages import IN_PLACE
from fedrse.features.reactions.service import Reactions
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_ids(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Account]: ...


class KindPages:
    """``/posts/{id}/react/{kind}`` and back; a second time changes nothing."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        reactions: Reactions,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._posts = posts
        self._reactions = reactions
        self._people = people
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Where the forms go; whoever reloads what came back returns to where they were."""
        page, user = Surface.PAGE, Auth.USER
        react, unreact = "/posts/{id}/react/{kind}", "/posts/{id}/unreact/{kind}"
        return [
            Route("POST", react, self.react, page, user),
            Route("POST", unreact, self.unreact, page, user),
            Route("GET", react, self.leave, page, user),
            Route("GET", unreact, self.leave, page, user),
        ]

    async def react(self, request: Request) -> Reply:
        """``POST /posts/{id}/react/{kind}``."""
        return await self._act(request, wanted=True)

    async def unreact(self, request: Request) -> Reply:
        """``POST /posts/{id}/unreact/{kind}``."""
        return await self._act(request, wanted=False)

    async def leave(self, request: Request) -> Reply:
        """``GET`` of both: back to the page of the form."""
        return redirect(safe_next(request.text("back")), status=303)

    async def _act(self, request: Request, *, wanted: bool) -> Reply:
        viewer, post_id = request.require_viewer(), request.path_id()
        content = KINDS.get(request.values["kind"])
        if content is None:
            raise NotFound

        async def unit(tx: Transaction) -> int:
            post = await self._posts.access_original(tx, viewer, post_id)
            people = await self._people.by_ids(tx, [viewer, post.account_id])
            if viewer not in people or post.account_id not in people:
                raise NotFound
            act = self._reactions.add if wanted else self._reactions.remove
            await act(tx, people[viewer], post, people[post.account_id], content=content)
            return post.id

        found = await self._database.write(unit)
        if request.headers.get(IN_PLACE):
            return await self._draw(request, found)
        return redirect(safe_next(request.text("back")), status=303)

    async def _draw(self, request: Request, post_id: int) -> Reply:
        """The post alone, for a script that takes what it needs."""
        shown, me = await self._database.read(
            self._drawing.read, [post_id], request.require_viewer()
        )
        return self._renderer.render(
            request,
            "reactions/post.html",
            viewer=None if me is None else self._drawing.person(me),
            cards=self._drawing.cards(request, shown),
        )
