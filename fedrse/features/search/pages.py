"""The page that other sites send people to who want to follow or answer from their own site.

Its address is the ``subscribe`` template of WebFinger. People sign in first; what the address
names is asked for at its site, and nothing happens before they press a button.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fedrse.core.errors import FedrseError
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_drawing import Drawing
from fedrse.features.relationships.model_buttons import follow_button
from fedrse.features.search.api import Found
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer

LONGEST_ADDRESS = 2048
PATH = "/authorize_interaction"

Entity = dict[str, Any]
Lookup = Callable[[str], Awaitable[Found]]
Bonds = Callable[[Transaction, int, list[int]], Awaitable[list[Entity]]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Entity]: ...


class Posts(Protocol):
    """Posts; implemented by ``posts.service.Posts``."""

    async def access_post(self, tx: Transaction, viewer_id: int | None, post_id: int) -> Post: ...


class InteractPage:
    """``GET /authorize_interaction?uri=``."""

    def __init__(
        self,
        *,
        database: Database,
        lookup: Lookup,
        people: People,
        posts: Posts,
        bonds: Bonds,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._people = people
        self._posts = posts
        self._bonds = bonds
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """Somebody with a button to follow them; a post is shown on its own page."""
        viewer = request.require_viewer()
        address = (request.text("uri") or "").strip()[:LONGEST_ADDRESS].removeprefix("acct:")
        found = await self._lookup(address) if address else Found()
        if found.post_id is not None:
            path = await self._database.read(self._path_of, viewer, found.post_id)
            if path is not None:
                return redirect(path, status=302)

        async def unit(tx: Transaction) -> tuple[Entity | None, Entity | None, Entity | None]:
            return await self._read(tx, viewer, found.account_id)

        person, bond, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "search/interact.html",
            status=404 if person is None else 200,
            viewer=None if me is None else self._drawing.person(me),
            address=address,
            person=None if person is None else self._drawing.person(person),
            follow=None if bond is None else follow_button(bond, back=request.target),
            requested=bond is not None and bond["requested"],
        )

    async def _read(
        self, tx: Transaction, viewer: int, account_id: int | None
    ) -> tuple[Entity | None, Entity | None, Entity | None]:
        """The person found, what connects the viewer with them, and the viewer."""
        people = await self._people.entities(tx, [viewer])
        if account_id is None:
            return None, None, people.get(viewer)
        try:
            account = await self._people.access_account(tx, viewer, account_id)
        except FedrseError:
            return None, None, people.get(viewer)
        entity = (await self._people.entities(tx, [account.id])).get(account.id)
        bonds = [] if account.id == viewer else await self._bonds(tx, viewer, [account.id])
        return entity, bonds[0] if bonds else None, people.get(viewer)

    async def _path_of(self, tx: Transaction, viewer: int, post_id: int) -> str | None:
        try:
            post = await self._posts.access_post(tx, viewer, post_id)
        except FedrseError:
            return None
        author = (await self._people.entities(tx, [post.account_id])).get(post.account_id)
        return None if author is None else f"/@{author['acct']}/{post.id}"
