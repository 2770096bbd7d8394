"""Client API: filters, their keywords and posts (Mastodon API ``filters``, version 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.features.filters.model import (
    Action,
    Filter,
    Keyword,
    entity,
    keyword_entity,
    post_entity,
    read_action,
    read_context,
    read_text,
)
from fedrse.features.filters.service import Filters
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class KeywordParameters(Struct):
    """A keyword; ``id`` names one that exists, ``_destroy`` removes it."""

    keyword: str | None = None
    whole_word: bool | None = None
    id: str | None = None
    destroy: bool = field(default=False, name="_destroy")

    def made(self) -> Keyword:
        """As a value without ids. Raises Invalid."""
        return Keyword(0, 0, read_text(self.keyword, "Keyword"), self.whole_word in (None, True))


class FilterParameters(Struct):
    """A filter; what is not said stays as it is."""

    title: str | None = None
    context: list[str] | None = None
    filter_action: str | None = None
    expires_in: int | UnsetType | None = UNSET
    keywords_attributes: list[KeywordParameters] = []


class PostParameters(Struct):
    """Which post to add."""

    status_id: str = ""


class FiltersApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, filters: Filters) -> None:
        self._database = database
        self._filters = filters

    # Filters

    async def all(self, request: Request) -> Reply:
        """``GET /api/v2/filters``."""
        found = await self._database.read(self._filters.all_of, request.require_viewer())
        return json_reply([entity(one) for one in found])

    async def show(self, request: Request) -> Reply:
        """``GET /api/v2/filters/:id``."""
        return json_reply(entity(await self._one(request)))

    async def _one(self, request: Request) -> Filter:
        me, identifier = request.require_viewer(), request.path_id()
        return await self._database.read(self._filters.access_filter, me, identifier)

    async def create(self, request: Request) -> Reply:
        """``POST /api/v2/filters``."""
        asked = request.bind(FilterParameters)
        seconds = None if asked.expires_in is UNSET else asked.expires_in
        wish = Filter(
            0,
            request.require_viewer(),
            read_text(asked.title, "Title"),
            read_context(asked.context or ()),
            Action.WARN if asked.filter_action is None else read_action(asked.filter_action),
            self._filters.expiry(seconds),
        )
        words = [one.made() for one in asked.keywords_attributes if not one.destroy]
        return json_reply(entity(await self._database.write(self._filters.create, wish, words)))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v2/filters/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        asked = request.bind(FilterParameters)

        async def unit(tx: Transaction) -> Filter:
            known = await self._filters.access_filter(tx, me, identifier)
            await self._filters.change(tx, self._changed(known, asked))
            await self._change_keywords(tx, known, asked.keywords_attributes)
            return await self._filters.access_filter(tx, me, identifier)

        return json_reply(entity(await self._database.write(unit)))

    def _changed(self, known: Filter, asked: FilterParameters) -> Filter:
        changes: dict[str, Any] = {}
        if asked.title is not None:
            changes["title"] = read_text(asked.title, "Title")
        if asked.context is not None:
            changes["context"] = read_context(asked.context)
        if asked.filter_action is not None:
            changes["action"] = read_action(asked.filter_action)
        if asked.expires_in is not UNSET:
            changes["expires_at"] = self._filters.expiry(asked.expires_in)
        return replace(known, **changes)

    async def _change_keywords(
        self, tx: Transaction, known: Filter, asked: Sequence[KeywordParameters]
    ) -> None:
        me, own = known.account_id, {one.id for one in known.keywords}
        for one in asked:
            identifier = parse_id(one.id) if one.id else None
            if identifier is None:
                if not one.destroy:
                    word = one.made()
                    await self._filters.add_keyword(
                        tx, me, known.id, word.keyword, whole=word.whole_word
                    )
            elif identifier not in own:
                raise NotFound
            elif one.destroy:
                await self._filters.remove_keyword(tx, me, identifier)
            else:
                text = None if one.keyword is None else read_text(one.keyword, "Keyword")
                await self._filters.change_keyword(
                    tx, me, identifier, keyword=text, whole=one.whole_word
                )

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v2/filters/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        await self._database.write(self._filters.remove, me, identifier)
        return json_reply({})

    # Keywords

    async def keywords(self, request: Request) -> Reply:
        """``GET /api/v2/filters/:filter_id/keywords``."""
        return json_reply([keyword_entity(one) for one in (await self._one(request)).keywords])

    async def add_keyword(self, request: Request) -> Reply:
        """``POST /api/v2/filters/:filter_id/keywords``."""
        me, identifier = request.require_viewer(), request.path_id()
        word = request.bind(KeywordParameters).made()
        made = await self._database.write(
            self._filters.add_keyword, me, identifier, word.keyword, whole=word.whole_word
        )
        return json_reply(keyword_entity(made))

    async def keyword(self, request: Request) -> Reply:
        """``GET /api/v2/filters/keywords/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        _, found = await self._database.read(self._filters.access_keyword, me, identifier)
        return json_reply(keyword_entity(found))

    async def change_keyword(self, request: Request) -> Reply:
        """``PUT /api/v2/filters/keywords/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        asked = request.bind(KeywordParameters)
        made = await self._database.write(
            self._filters.change_keyword,
            me,
            identifier,
            keyword=read_text(asked.keyword, "Keyword"),
            whole=asked.whole_word,
        )
        return json_reply(keyword_entity(made))

    async def remove_keyword(self, request: Request) -> Reply:
        """``DELETE /api/v2/filters/keywords/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        await self._database.write(self._filters.remove_keyword, me, identifier)
        return json_reply({})

    # Posts

    async def posts(self, request: Request) -> Reply:
        """``GET /api/v2/filters/:filter_id/statuses``."""
        return json_reply([post_entity(one) for one in (await self._one(request)).posts])

    async def add_post(self, request: Request) -> Reply:
        """``POST /api/v2/filters/:filter_id/statuses``."""
        me, identifier = request.require_viewer(), request.path_id()
        post_id = parse_id(request.bind(PostParameters).status_id)
        if post_id is None:
            raise NotFound
        made = await self._database.write(self._filters.add_post, me, identifier, post_id)
        return json_reply(post_entity(made))

    async def post(self, request: Request) -> Reply:
        """``GET /api/v2/filters/statuses/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        found = await self._database.read(self._filters.access_filtered, me, identifier)
        return json_reply(post_entity(found))

    async def remove_post(self, request: Request) -> Reply:
        """``DELETE /api/v2/filters/statuses/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        found = await self._database.write(self._filters.remove_post, me, identifier)
        return json_reply(post_entity(found))

    def routes(self) -> list[Route]:
        """The addresses of version 2."""

        def route(method: str, path: str, handler: Handler) -> Route:
            scope = "read:filters" if method == "GET" else "write:filters"
            path = f"/api/v2/filters{path}"
            return Route(method, path, handler, Surface.API, Auth.USER, (scope,))

        return [
            route("GET", "", self.all),
            route("POST", "", self.create),
            route("GET", "/{id}", self.show),
            route("PUT", "/{id}", self.change),
            route("DELETE", "/{id}", self.remove),
            route("GET", "/{id}/keywords", self.keywords),
            route("POST", "/{id}/keywords", self.add_keyword),
            route("GET", "/keywords/{id}", self.keyword),
            route("PUT", "/keywords/{id}", self.change_keyword),
            route("DELETE", "/keywords/{id}", self.remove_keyword),
            route("GET", "/{id}/statuses", self.posts),
            route("POST", "/{id}/statuses", self.add_post),
            route("GET", "/statuses/{id}", self.post),
            route("DELETE", "/statuses/{id}", self.remove_post),
        ]
