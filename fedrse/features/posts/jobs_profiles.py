"""What is read at another site when somebody here opens the profile of one of its people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.posts.service import Posts
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

_REMEMBERED = 10_000


class Collections(Protocol):
    """Reads lists of other sites; implemented by ``activitypub.remote_collections``."""

    def ids(
        self, collection: Any, *, origin: str, most: int, pages: int = ...
    ) -> AsyncIterator[str]: ...

    async def collection(self, collection: Any, origin: str) -> Json: ...

    def items(
        self, document: Json, *, origin: str, most: int, pages: int = ...
    ) -> AsyncIterator[Any]: ...


class Fetcher(Protocol):
    """Fetches and stores; implemented by ``activitypub.fetching.Resolver``."""

    async def resolve_all(self, uris: list[str]) -> dict[str, FetchFailed | None]: ...


class ProfileReading(ABC):
    """Plans the job ``KIND``, and does it at most once in ``PAUSE`` (milliseconds) for a person."""

    KIND: ClassVar[str]
    PAUSE: ClassVar[int]

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: Accounts,
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
        runner.handle(self.KIND, self.fetch, attempts=3)

    async def plan(self, tx: Transaction, account_id: int) -> None:
        """Somebody of this site looks at somebody of another one."""
        await self._queue.enqueue(
            tx, self.KIND, {"account": account_id}, key=f"{self.KIND}:{account_id}"
        )

    async def fetch(self, job: Job) -> None:
        """Reads what the person's site tells, unless that was done lately."""
        account_id = int(job.arguments["account"])
        if self._lately.get(account_id):
            return
        account = await self._database.read(self._people.by_id, account_id)
        if account is None or account.local or account.is_gone:
            return
        if await self._read(account):
            self._lately.put(account_id, True, lifetime=self.PAUSE)

    @abstractmethod
    async def _read(self, account: Account) -> bool:
        """Whether the site told it; not everybody publishes it.

        Raises FetchFailed where it has to be read again, all or a part of it.
        """

    async def _fetch_unknown(self, uris: list[str]) -> FetchFailed | None:
        """Fetches what is not known; returns why something of it has to be asked for later."""
        known = await self._database.read(self._posts.by_uris, uris)
        outcomes = await self._fetcher.resolve_all([uri for uri in uris if uri not in known])
        return next((one for one in outcomes.values() if one is not None and one.temporary), None)
