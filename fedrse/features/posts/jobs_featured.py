"""What people of other sites pinned before anybody here followed them.

``Add`` and ``Remove`` tell of changes, and some software sends neither: when a profile is opened,
the collection is read again, at most once a day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.quotas import caused_by
from fedrse.core.clock import DAY, Clock
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.service import Posts
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

FETCH_FEATURED = "posts.fetch_featured"
MOST_FEATURED = 10
_PAGES = 2
_REMEMBERED = 10_000


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class Queue(Protocol):
    """Where later work is written down; implemented by ``jobs.queue.Queue``."""

    async def enqueue(
        self,
        tx: Transaction,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        due_at: int | None = None,
        key: str | None = None,
    ) -> int: ...


class Collections(Protocol):
    """Reads lists of other sites; implemented by ``activitypub.remote_collections``."""

    def ids(
        self, collection: Any, *, origin: str, most: int, pages: int = ...
    ) -> AsyncIterator[str]: ...


class Fetcher(Protocol):
    """Fetches and stores; implemented by ``activitypub.fetching.Resolver``."""

    async def resolve_all(self, uris: list[str]) -> dict[str, FetchFailed | None]: ...


class FeaturedPosts:
    """Plans to read the collection ``featured``, and reads it."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: People,
        collections: Collections,
        fetcher: Fetcher,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._database = database
        self._posts = posts
        self._people = people
        self._collections = collections
        self._fetcher = fetcher
        self._queue = queue
        self._lately: ExpiringMap[int, bool] = ExpiringMap(clock, max_entries=_REMEMBERED)

    def register(self, runner: Runner) -> None:
        """Takes the job."""
        runner.handle(FETCH_FEATURED, self.fetch, attempts=3)

    async def plan(self, tx: Transaction, account_id: int) -> None:
        """Somebody of this site looks at somebody of another one."""
        await self._queue.enqueue(
            tx, FETCH_FEATURED, {"account": account_id}, key=f"{FETCH_FEATURED}:{account_id}"
        )

    async def fetch(self, job: Job) -> None:
        """Reads the collection, fetches posts that are not known, and pins exactly these."""
        account_id = int(job.arguments["account"])
        if self._lately.get(account_id):
            return
        account = await self._database.read(self._people.by_id, account_id)
        if account is None or account.local or account.is_gone or account.featured_uri is None:
            return
        uris = await self._listed(account, account.featured_uri)
        if uris is None:
            return
        known = await self._database.read(self._posts.by_uris, uris)
        missing = [uri for uri in uris if uri not in known]
        if missing:
            with caused_by(account.host):
                await self._fetcher.resolve_all(missing)
        await self._database.write(self._pin, account_id, uris)
        self._lately.put(account_id, True, lifetime=DAY)

    async def _listed(self, account: Account, address: str) -> list[str] | None:
        found = self._collections.ids(address, origin=account.uri, most=MOST_FEATURED, pages=_PAGES)
        try:
            return [uri async for uri in found]
        except FetchFailed as error:
            if error.temporary:
                raise
            # Not everybody publishes it.
            return None

    async def _pin(self, tx: Transaction, account_id: int, uris: list[str]) -> None:
        known = await self._posts.by_uris(tx, uris)
        listed = [known[uri] for uri in uris if uri in known]
        await self._posts.marks.set_remote_pins(tx, account_id, listed)
