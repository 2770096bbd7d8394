"""What people of other sites wrote before anybody here followed them: their latest posts.

When a profile is opened, the first page of the outbox is read, at most once an hour. What it lists
are claims: each post is fetched from its own address, and none of them is news.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json, as_int, id_of, type_of
from fedrse.core.clock import HOUR, Clock
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.posts.jobs_featured import Fetcher, Queue
from fedrse.features.posts.service import Posts
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

FETCH_OUTBOX = "posts.fetch_outbox"
MOST_POSTS = 20
_MOST_ITEMS = 60
_PAGES = 3
_REMEMBERED = 10_000


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def set_posts_total(self, tx: Transaction, account_id: int, posts: int) -> None: ...


class Collections(Protocol):
    """Reads lists of other sites; implemented by ``activitypub.remote_collections``."""

    async def collection(self, collection: Any, origin: str) -> Json: ...

    def items(
        self, document: Json, *, origin: str, most: int, pages: int = ...
    ) -> AsyncIterator[Any]: ...


class LatestPosts:
    """Plans to read the outbox, and reads it."""

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
        runner.handle(FETCH_OUTBOX, self.fetch, attempts=3)

    async def plan(self, tx: Transaction, account_id: int) -> None:
        """Somebody of this site looks at somebody of another one."""
        await self._queue.enqueue(
            tx, FETCH_OUTBOX, {"account": account_id}, key=f"{FETCH_OUTBOX}:{account_id}"
        )

    async def fetch(self, job: Job) -> None:
        """Fetches the latest posts that are not known, and takes over how many there are."""
        account_id = int(job.arguments["account"])
        if self._lately.get(account_id):
            return
        account = await self._database.read(self._people.by_id, account_id)
        if account is None or account.local or account.is_gone or account.outbox is None:
            return
        try:
            document = await self._collections.collection(account.outbox, account.uri)
        except FetchFailed as error:
            if error.temporary:
                raise
            return  # not everybody publishes it
        uris = await self._listed(account, document)
        known = await self._database.read(self._posts.by_uris, uris)
        missing = [uri for uri in uris if uri not in known]
        if missing:
            await self._fetcher.resolve_all(missing)
        total = as_int(document.get("totalItems"))
        if total is not None:
            await self._database.write(self._people.set_posts_total, account_id, total)
        self._lately.put(account_id, True, lifetime=HOUR)

    async def _listed(self, account: Account, document: Json) -> list[str]:
        """Addresses of the latest own posts; what was shared does not belong to them."""
        found: list[str] = []
        async for item in self._collections.items(
            document, origin=account.uri, most=_MOST_ITEMS, pages=_PAGES
        ):
            if type_of(item) != "Create":
                continue
            uri = id_of(item.get("object"))
            if uri is not None and same_origin(uri, account.uri) and uri not in found:
                found.append(uri)
            if len(found) == MOST_POSTS:
                break
        return found
