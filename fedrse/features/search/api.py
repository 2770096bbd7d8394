"""Client API: search (Mastodon API ``search`` version 2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from msgspec import Raw, Struct

from fedrse.core.errors import BadRequest, NotFound
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag
from fedrse.features.search.service import Search
from fedrse.features.tags.model import Tag
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction


class People(Protocol):
    """Finds and renders accounts; implemented by the feature ``accounts``."""

    async def search(
        self,
        tx: Transaction,
        text: str,
        *,
        limit: int,
        offset: int = 0,
        among: Collection[int] | None = None,
    ) -> list[int]: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def entities(
        self, tx: Transaction, ids: list[int], viewer: int | None
    ) -> list[bytes]: ...


class TagEntities(Protocol):
    """Knows and renders tags; implemented by the feature ``tags``."""

    async def find(self, tx: Transaction, text: str) -> Tag: ...

    async def entities(
        self, tx: Transaction, viewer: int | None, tags: Sequence[Tag]
    ) -> list[dict[str, Any]]: ...


FARTHEST = 10_000  # results that can be skipped


class Found(Struct, frozen=True):
    """What an address or handle names: the id of an account or of a post."""

    account_id: int | None = None
    post_id: int | None = None


Lookup = Callable[[str], Awaitable[Found]]
"""Asks other sites what a handle or an address names; never raises for what cannot be found."""


Followed = Callable[[Transaction, int], Awaitable[list[int]]]
"""Whom somebody follows."""


class SearchParameters(Struct):
    """Parameters of ``/api/v2/search``."""

    q: str = ""
    type: str = ""
    resolve: bool = False
    following: bool = False
    account_id: str = ""
    limit: int = 20
    offset: int = 0
    max_id: str = ""
    min_id: str = ""


class SearchApi:
    """One handler; asks other sites before it opens its transaction."""

    def __init__(
        self,
        *,
        database: Database,
        search: Search,
        people: People,
        statuses: StatusEntities,
        tags: TagEntities,
        followed: Followed,
        lookup: Lookup,
    ) -> None:
        self._database = database
        self._search = search
        self._people = people
        self._statuses = statuses
        self._tags = tags
        self._followed = followed
        self._lookup = lookup

    async def search(self, request: Request) -> Reply:
        """``GET /api/v2/search``."""
        viewer = request.require_viewer()
        wanted = request.bind(SearchParameters)
        if "q" not in request.params:
            raise BadRequest("blank_parameter", "param is missing or the value is empty: q")
        text = wanted.q.strip()[:500]
        named = Found()
        if wanted.resolve and names_one(text) and wanted.offset == 0:
            named = await self._lookup(text)

        async def unit(tx: Transaction) -> dict[str, Any]:
            return {
                "accounts": await self._accounts(tx, viewer, text, wanted, named),
                "statuses": await self._posts(tx, viewer, text, wanted, named),
                "hashtags": await self._hashtags(tx, viewer, text, wanted),
            }

        return json_reply(await self._database.read(unit))

    async def _accounts(
        self, tx: Transaction, viewer: int, text: str, wanted: SearchParameters, named: Found
    ) -> list[dict[str, Any]]:
        if wanted.type not in {"", "accounts"} or not text:
            return []
        ids = [] if named.account_id is None else [named.account_id]
        found = await self._people.search(
            tx,
            text,
            limit=_limit(wanted),
            offset=_offset(wanted),
            among=await self._followed(tx, viewer) if wanted.following else None,
        )
        ids += [account for account in found if account not in ids]
        entities = await self._people.entities(tx, ids)
        return [entities[account] for account in ids if account in entities][: _limit(wanted)]

    async def _posts(
        self, tx: Transaction, viewer: int, text: str, wanted: SearchParameters, named: Found
    ) -> list[Raw]:
        if wanted.type not in {"", "statuses"}:
            return []
        if named.post_id is not None:
            ids = [named.post_id]
        elif text.startswith(("https://", "http://", "@")):
            ids = []
        else:
            ids = await self._search.posts(
                tx,
                viewer,
                text,
                limit=_limit(wanted),
                offset=_offset(wanted),
                max_id=parse_id(wanted.max_id),
                min_id=parse_id(wanted.min_id),
                author=parse_id(wanted.account_id),
            )
        return [Raw(entity) for entity in await self._statuses.entities(tx, ids, viewer)]

    async def _hashtags(
        self, tx: Transaction, viewer: int, text: str, wanted: SearchParameters
    ) -> list[dict[str, Any]]:
        if wanted.type not in {"", "hashtags"} or text.startswith(("@", "https://", "http://")):
            return []
        rows = await self._search.tags(
            tx, viewer, text, limit=_limit(wanted), offset=_offset(wanted)
        )
        tags = [Tag(row.id, row.name, row.display) for row in rows]
        found = await self._tags.entities(tx, viewer, tags) if tags else []
        if wanted.offset > 0 or fold_hashtag(text.lstrip("#＃")) in {tag.name for tag in tags}:
            return found
        return [*await self._own_tag(tx, viewer, text), *found][: _limit(wanted)]

    async def _own_tag(self, tx: Transaction, viewer: int, text: str) -> list[dict[str, Any]]:
        """The tag of this name that the viewer follows, although no post to be read has it."""
        try:
            tag = await self._tags.find(tx, text.lstrip("#＃"))
        except NotFound:
            return []
        found = await self._tags.entities(tx, viewer, [tag]) if tag.id else []
        return [one for one in found if one["following"] or one["featuring"]]


def _limit(wanted: SearchParameters) -> int:
    return min(max(wanted.limit, 1), 40)


def _offset(wanted: SearchParameters) -> int:
    return min(max(wanted.offset, 0), FARTHEST)


def names_one(text: str) -> bool:
    """An address, or a handle with a domain."""
    if text.startswith(("https://", "http://")):
        return True
    name, _, domain = text.removeprefix("@").partition("@")
    return bool(name and domain) and " " not in text


def routes(api: SearchApi) -> list[Route]:
    """The addresses of this feature."""
    return [
        Route(
            "GET",
            "/api/v2/search",
            api.search,
            Surface.API,
            Auth.USER,
            scopes=("read:search",),
        )
    ]
