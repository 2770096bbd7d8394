"""``/compose/suggest``: what could complete the word that somebody is writing, for scripts.

People of this site and those of other sites who are known here, the best first; tags in posts
that the person may read; emoji of this site, and ordinary ones by name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.core.ports import Protocol
from fedrse.features.search.model_emoji import emoji_called
from fedrse.features.search.service import Search
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.faces import Faces

MOST = 8
LONGEST = 100
Suggestion = dict[str, Any]


class People(Protocol):
    """Finds and renders accounts; implemented by ``accounts.service.Accounts``."""

    async def search(self, tx: Transaction, text: str, *, limit: int) -> list[int]: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class Emojis(Protocol):
    """Emoji of this site; implemented by ``emoji.service.Emojis``."""

    async def listing(self, tx: Transaction) -> list[dict[str, Any]]: ...


class SuggestPages:
    """One handler; answers with JSON."""

    def __init__(
        self,
        *,
        database: Database,
        search: Search,
        people: People,
        emojis: Emojis,
        faces: Faces,
    ) -> None:
        self._database = database
        self._search = search
        self._people = people
        self._emojis = emojis
        self._faces = faces

    def routes(self) -> list[Route]:
        """The address."""
        return [Route("GET", "/compose/suggest", self.suggest, Surface.PAGE, Auth.USER)]

    async def suggest(self, request: Request) -> Reply:
        """``GET /compose/suggest?q=``: the word with its sign, ``@am``, ``#qu`` or ``:ti``.

        A list of objects: ``insert`` is what replaces the word, ``label`` and ``hint`` name it,
        ``picture``, ``symbol`` and ``tone`` are what stands before it. Nothing for other words.
        """
        word, viewer = (request.text("q") or "")[:LONGEST], request.require_viewer()
        finders: dict[str, Callable[[Transaction, int, str], Awaitable[list[Suggestion]]]] = {
            "@": self._persons,
            "#": self._tags,
            ":": self._symbols(request.language),
        }
        find = finders.get(word[:1])
        if find is None:
            return json_reply([])
        return json_reply(await self._database.read(find, viewer, word[1:]))

    async def _persons(self, tx: Transaction, viewer: int, text: str) -> list[Suggestion]:
        del viewer
        ids = await self._people.search(tx, text, limit=MOST)
        entities = await self._people.entities(tx, ids)
        found = []
        for one in (entities[key] for key in ids if key in entities):
            person = self._faces.person(one)
            found.append(
                {
                    "insert": f"@{one['acct']}",
                    "label": person.name,
                    "hint": person.handle,
                    "picture": person.avatar,
                    "symbol": person.initials,
                    "tone": person.tone,
                }
            )
        return found

    async def _tags(self, tx: Transaction, viewer: int, text: str) -> list[Suggestion]:
        rows = await self._search.tags(tx, viewer, text, limit=MOST)
        return [{"insert": f"#{row.display}", "label": f"#{row.display}"} for row in rows]

    def _symbols(
        self, language: str
    ) -> Callable[[Transaction, int, str], Awaitable[list[Suggestion]]]:
        async def find(tx: Transaction, viewer: int, text: str) -> list[Suggestion]:
            del viewer
            wanted = text.casefold()
            own = [
                {
                    "insert": f":{one['shortcode']}:",
                    "label": f":{one['shortcode']}:",
                    "picture": one["static_url"],
                }
                for one in await self._emojis.listing(tx)
                if wanted and str(one["shortcode"]).casefold().startswith(wanted)
            ]
            plain = [
                {"insert": character, "label": name, "symbol": character}
                for character, name in emoji_called(text, language, MOST)
            ]
            return [*own, *plain][:MOST]

        return find
