"""Another site, as the jobs that read profiles see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json
from fedrse.features.accounts.model import Account
from fedrse.features.posts.jobs_profiles import ProfileReading
from fedrse.jobs.model import Job
from tests.features.posts.studio import OUTSIDE, Studio

R = TypeVar("R", bound=ProfileReading)


@dataclass
class Elsewhere:
    """What its collections list, and the posts that can be fetched; ``busy``: not now."""

    studio: Studio
    listed: list[Any] = field(default_factory=list)
    notes: dict[str, Json] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    total: int | None = None
    failure: FetchFailed | None = None
    asked: int = 0
    fetched: list[str] = field(default_factory=list)

    async def ids(
        self, collection: Any, *, origin: str, most: int, pages: int = 9
    ) -> AsyncIterator[str]:
        document = await self.collection(collection, origin)
        async for uri in self.items(document, origin=origin, most=most, pages=pages):
            yield uri

    async def collection(self, collection: Any, origin: str) -> Json:
        assert collection.startswith(f"https://{OUTSIDE}/")
        assert origin.startswith(f"https://{OUTSIDE}/")
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return {"type": "OrderedCollection", "totalItems": self.total}

    async def items(
        self, document: Json, *, origin: str, most: int, pages: int = 9
    ) -> AsyncIterator[Any]:
        del document, origin, pages
        for item in self.listed[:most]:
            yield item

    async def resolve_all(self, uris: list[str]) -> dict[str, FetchFailed | None]:
        self.fetched += uris
        outcomes: dict[str, FetchFailed | None] = {}
        for uri in uris:
            if uri in self.busy:
                outcomes[uri] = FetchFailed("busy", "Not now.", uri, temporary=True)
            elif uri in self.notes:
                await self.studio.fetched(self.notes[uri])
                outcomes[uri] = None
            else:
                outcomes[uri] = FetchFailed("missing", "There is none.", uri, missing=True)
        return outcomes

    def reading(self, kind: type[R]) -> R:
        """The job of that kind, which reads this site."""
        return kind(
            database=self.studio.database,
            posts=self.studio.posts,
            people=self.studio.cast.accounts,
            collections=self,
            fetcher=self,
            queue=self.studio.queue,
            clock=self.studio.clock,
        )


def job(kind: type[ProfileReading], account: Account) -> Job:
    """What ``plan`` wrote down."""
    return Job(1, kind.KIND, {"account": account.id}, None, 1, 0)
