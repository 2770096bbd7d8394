"""Asks the other member sites who fits, at the same time and for at most two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.clock import MINUTE, SECOND, Clock
from fedrse.core.errors import FedrseError, TooMany
from fedrse.core.ports import Protocol
from fedrse.core.urls import origin_of, same_origin
from fedrse.features.profiles.model_elsewhere import Answer, address_of, read_answer
from fedrse.features.profiles.model_search import Wish
from fedrse.http.rate_limits import Window
from fedrse.net.expiring import ExpiringMap

PATIENCE: Final = 2 * SECOND
AT_ONCE: Final = 16
PER_PERSON: Final = 20  # questions a minute, the same as other sites allow
KNOWN_FOR: Final = 10 * MINUTE
"""So long what a site announces is believed."""
PROPERTY: Final = "search"
_TROUBLES: Final = {
    "fetch_status_429": "busy",
    "fetch_status_401": "refused",
    "fetch_status_403": "refused",
    "fetch_not_allowed": "refused",
    "fetch_missing": "refused",
    "fetch_gone": "refused",
    "fetch_bad_json": "unreadable",
    "fetch_media_type": "unreadable",
    "fetch_foreign_id": "unreadable",
    "fetch_status_400": "unreadable",
}


class Fetcher(Protocol):
    """Signed fetches; implemented by ``activitypub.document_client.DocumentClient``."""

    async def fetch(self, uri: str) -> Any:
        """A document from its own origin. Raises FetchFailed."""

    async def fetch_list(self, address: str, *, signer: int | None = None) -> Json:
        """A collection, asked for by somebody of this site. Raises FetchFailed."""


class Elsewhere:
    """Questions to other sites. What is asked is kept and logged nowhere."""

    def __init__(
        self, *, fetcher: Fetcher, origins: Callable[[], tuple[str, ...]], clock: Clock
    ) -> None:
        """``origins``: those of the other member sites."""
        self._fetcher = fetcher
        self._origins = origins
        self._announced: ExpiringMap[str, str] = ExpiringMap(clock, max_entries=1000)
        self._asked = Window(clock, limit=PER_PERSON, length=MINUTE)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def ask(
        self, viewer: int, wish: Wish, *, host: str = "", cursor: int = 0
    ) -> list[Answer]:
        """An answer of each other site, or of ``host`` only, in order of their names."""
        origins = {origin_of(one).peer: one for one in self._origins()}
        wanted = [one for one in sorted(origins) if host in ("", one)]
        try:
            self._asked.take(viewer)
        except TooMany:
            return [Answer(one, "too_often") for one in wanted]
        return list(
            await asyncio.gather(
                *(self._one(viewer, one, origins[one], wish, cursor) for one in wanted)
            )
        )

    async def _one(self, viewer: int, host: str, origin: str, wish: Wish, cursor: int) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE / SECOND), self._room:
                search = await self._address(origin)
                if not search:
                    return Answer(host, "not_offered")
                address = address_of(search, wish, cursor)
                document = await self._fetcher.fetch_list(address, signer=viewer)
        except TimeoutError:
            return Answer(host, "slow")
        except FetchFailed as error:
            return Answer(host, _TROUBLES.get(error.code, "unreachable"))
        except FedrseError:
            return Answer(host, "unreachable")
        return read_answer(document, host, origin, cursor) or Answer(host, "unreadable")

    async def _address(self, origin: str) -> str:
        """Where a site announces that it is to be asked; empty where it does not."""
        known = self._announced.get(origin)
        if known is None:
            actor = (await self._fetcher.fetch(f"{origin}/actor")).document
            known = id_of(actor.get(PROPERTY)) or ""
            if not same_origin(known, origin):
                known = ""
            self._announced.put(origin, known, lifetime=KNOWN_FOR)
        return known
