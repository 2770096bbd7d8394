"""How many follow people of other sites, and whom they follow: asked when somebody opens a profile.

This site sees only the follows that concern its own people; the person's site knows them all. What
happens here afterwards is added to what it told, until it is asked again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json, as_int
from fedrse.core.clock import DAY, MINUTE, Clock
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction

TOTALS = "accounts.totals"
OPENED_AGAIN = 2 * MINUTE  # nobody is asked more often
_REMEMBERED = 10_000


class FetchedDocument(Protocol):
    """A document from its own origin."""

    @property
    def document(self) -> Json: ...


class Fetcher(Protocol):
    """Signed fetches; implemented by ``activitypub.document_client.DocumentClient``."""

    async def fetch(self, uri: str) -> Any:
        """A document (``FetchedDocument``). Raises FetchFailed."""


Also = Callable[[Transaction, int], Awaitable[None]]


class ProfileTotals:
    """Plans to ask, and asks."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        fetcher: Fetcher,
        queue: Queue,
        clock: Clock,
        also: Also | None = None,
    ) -> None:
        """``also`` plans what else is worth knowing of somebody whose profile is opened."""
        self._also = also
        self._database = database
        self._accounts = accounts
        self._fetcher = fetcher
        self._queue = queue
        self._clock = clock
        self._last: OrderedDict[int, int] = OrderedDict()
        self._tasks: set[asyncio.Task[Any]] = set()

    def register(self, runner: Runner) -> None:
        """Takes the job."""
        runner.handle(TOTALS, self.ask, attempts=3)

    def opened(self, account_id: int) -> None:
        """Somebody of this site opens the profile of somebody of another site."""
        now = self._clock.now()
        if now - self._last.get(account_id, -DAY) < OPENED_AGAIN:
            return
        self._last[account_id] = now
        self._last.move_to_end(account_id)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        task = asyncio.create_task(self._database.write(self._plan, account_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _plan(self, tx: Transaction, account_id: int) -> None:
        await self._queue.enqueue(tx, TOTALS, {"account": account_id}, key=f"{TOTALS}:{account_id}")
        if self._also is not None:
            await self._also(tx, account_id)

    async def ask(self, job: Job) -> None:
        """Fetches both collections and takes over their ``totalItems``."""
        account_id = int(job.arguments["account"])
        account: Account | None = await self._database.read(self._accounts.by_id, account_id)
        if account is None or account.local or account.is_gone:
            return
        followers = await self._total(account.followers_uri)
        following = await self._total(account.following_uri)
        await self._database.write(
            self._accounts.set_totals, account_id, followers=followers, following=following
        )

    async def _total(self, uri: str | None) -> int | None:
        """None where the site does not tell."""
        if uri is None:
            return None
        try:
            fetched: FetchedDocument = await self._fetcher.fetch(uri)
        except FetchFailed as error:
            if error.temporary:
                raise
            return None
        return as_int(fetched.document.get("totalItems"))
