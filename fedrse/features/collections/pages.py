"""The page of a collection: what it is about, and who is in it. Links to collections lead here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.features.collections.service import Collections
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]: ...


class _Seen(Struct, frozen=True):
    """A collection with everybody in it; ``me`` is who looks."""

    collection: dict[str, Any]
    description: str
    me: Person
    owner: Person
    people: list[Person]


class CollectionPages:
    """``/collections/{id}``."""

    def __init__(
        self, *, database: Database, collections: Collections, people: People, renderer: Renderer
    ) -> None:
        self._database = database
        self._collections = collections
        self._people = people
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address."""
        return [Route("GET", "/collections/{id}", self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """``GET /collections/{id}``. Raises NotFound."""
        viewer, collection_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _Seen:
            found = await self._collections.access(tx, collection_id)
            entity = (await self._collections.entities(tx, viewer, [found]))[0]
            listed = [int(one["account_id"]) for one in entity["items"]]
            entities = await self._people.entities(tx, [viewer, found.account_id, *listed])
            faces = {key: self._renderer.faces.person(one) for key, one in entities.items()}
            return _Seen(
                collection=entity,
                description=found.description,
                me=faces[viewer],
                owner=faces[found.account_id],
                people=[faces[one] for one in listed if one in faces],
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request, "collections/collection.html", viewer=seen.me, seen=seen
        )
