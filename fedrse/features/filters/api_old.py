"""Client API: filters of one keyword each (Mastodon API ``filters``, version 1).

Deprecated, and still what some apps use. A filter of version 1 is a keyword of version 2; what
belongs to the whole filter cannot be changed here where it has other keywords or posts.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from fedrse.core.errors import Invalid
from fedrse.features.filters.model import (
    Action,
    Filter,
    Keyword,
    old_entity,
    read_context,
    read_text,
)
from fedrse.features.filters.service import Filters
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class OldParameters(Struct):
    """A filter of version 1."""

    phrase: str | None = None
    context: list[str] = []
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: int | UnsetType | None = UNSET


class OldFiltersApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, filters: Filters) -> None:
        self._database = database
        self._filters = filters

    async def all(self, request: Request) -> Reply:
        """``GET /api/v1/filters``."""
        found = await self._database.read(self._filters.all_of, request.require_viewer())
        return json_reply([old_entity(one, word) for one in found for word in one.keywords])

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/filters/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        pair = await self._database.read(self._filters.access_keyword, me, identifier)
        return json_reply(old_entity(*pair))

    async def create(self, request: Request) -> Reply:
        """``POST /api/v1/filters``."""
        asked = request.bind(OldParameters)
        phrase = read_text(asked.phrase, "Phrase")
        seconds = None if asked.expires_in is UNSET else asked.expires_in
        wish = Filter(
            0,
            request.require_viewer(),
            phrase,
            read_context(asked.context),
            Action.HIDE if asked.irreversible else Action.WARN,
            self._filters.expiry(seconds),
        )
        word = Keyword(0, 0, phrase, asked.whole_word is not False)
        made = await self._database.write(self._filters.create, wish, [word])
        return json_reply(old_entity(made, made.keywords[0]))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/filters/:id``: what is not said stays, as in Mastodon."""
        me, identifier = request.require_viewer(), request.path_id()
        asked = request.bind(OldParameters)
        phrase = read_text(asked.phrase, "Phrase")

        async def unit(tx: Transaction) -> tuple[Filter, Keyword]:
            known, _ = await self._filters.access_keyword(tx, me, identifier)
            wish = replace(known, context=read_context(asked.context))
            hides = known.action is Action.HIDE
            if asked.irreversible is not None and asked.irreversible != hides:
                wish = replace(wish, action=Action.HIDE if asked.irreversible else Action.WARN)
            if asked.expires_in is not UNSET:
                wish = replace(wish, expires_at=self._filters.expiry(asked.expires_in))
            if wish != known:
                if len(known.keywords) > 1 or known.posts:
                    raise Invalid(
                        "filter_has_more",
                        "This filter has several keywords; change it in a newer app.",
                    )
                await self._filters.change(tx, wish)
            await self._filters.change_keyword(
                tx, me, identifier, keyword=phrase, whole=asked.whole_word
            )
            return await self._filters.access_keyword(tx, me, identifier)

        return json_reply(old_entity(*await self._database.write(unit)))

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/filters/:id``: the filter goes with its last keyword."""
        me, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            known, _ = await self._filters.access_keyword(tx, me, identifier)
            if len(known.keywords) == 1 and not known.posts:
                await self._filters.remove(tx, me, known.id)
            else:
                await self._filters.remove_keyword(tx, me, identifier)

        await self._database.write(unit)
        return json_reply({})

    def routes(self) -> list[Route]:
        """The addresses of version 1."""

        def route(method: str, path: str, handler: Handler) -> Route:
            scope = "read:filters" if method == "GET" else "write:filters"
            path = f"/api/v1/filters{path}"
            return Route(method, path, handler, Surface.API, Auth.USER, (scope,))

        return [
            route("GET", "", self.all),
            route("POST", "", self.create),
            route("GET", "/{id}", self.show),
            route("PUT", "/{id}", self.change),
            route("DELETE", "/{id}", self.remove),
        ]
