"""Work about posts that takes time or the network."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import structlog

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.threads import Threads
from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import time_of
from fedrse.core.ports import Protocol
from fedrse.features.posts import queries, queries_totals
from fedrse.features.posts.service import REFRESH, Posts
from fedrse.features.posts.service_counters import SPACING, TELL_TOTALS
from fedrse.features.posts.service_publish import REQUEST_KEPT
from fedrse.features.posts.service_refresh import CHECK_QUOTE
from fedrse.features.posts.service_remove import FORGET_AUTHOR
from fedrse.jobs.model import GiveUp, Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction

COMPLETE = "posts.complete_thread"
FORGET = "posts.forget"
OPENED_AGAIN = 2 * MINUTE  # a thread is not completed more often
_REMEMBERED = 10_000
log = structlog.get_logger(__name__)


class Fetcher(Protocol):
    """Fetches with the signature of the site; implemented by ``activitypub.fetching.Resolver``."""

    async def fetch(self, uri: str) -> Fetched:
        """A document without storing it. Raises FetchFailed."""

    async def refresh(self, uri: str, *, deleted: bool = False) -> str | None:
        """Asks again; None if it is gone, or ``deleted`` and missing. Raises FetchFailed."""


class PostJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        fetcher: Fetcher,
        threads: Threads,
        clock: Clock,
    ) -> None:
        self._database = database
        self._posts = posts
        self._fetcher = fetcher
        self._threads = threads
        self._clock = clock

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle_in_transaction(TELL_TOTALS, self.tell_totals)
        runner.handle(FORGET_AUTHOR, self.forget_author)
        runner.handle(REFRESH, self.refresh, attempts=3)
        runner.handle(CHECK_QUOTE, self.check_quote, attempts=6)
        runner.handle(COMPLETE, self.complete, attempts=1)
        runner.every(HOUR, FORGET, self.forget)

    async def tell_totals(self, tx: Transaction, job: Job) -> None:
        """One ``Update`` with the present totals to the sites of the audience."""
        post = await self._posts.by_id(tx, int(job.arguments["post"]))
        if post is None or not post.local:
            return
        now = self._clock.now()
        if post.origin_counted_at is not None and now < post.origin_counted_at + SPACING:
            await self._posts.counters.plan_to_tell(tx, post)
            return
        await tx.run(queries_totals.SET_TOLD_AT, key=post.id, told_at=now)
        parts = await self._posts.rows.note_parts(tx, post, totals=True)
        await self._posts.delivery.send_update(tx, post, parts, now)

    async def forget_author(self, job: Job) -> None:
        """Removes everything that somebody wrote who is gone."""
        account_id = int(job.arguments["account"])
        while await self._database.write(self._posts.remover.forget_author, account_id):
            pass

    async def refresh(self, job: Job) -> None:
        """Asks the origin of a post again; if it is gone there it is removed here."""
        try:
            await self._fetcher.refresh(
                str(job.arguments["uri"]), deleted=bool(job.arguments.get("deleted"))
            )
        except FetchFailed as error:
            if error.temporary:
                raise
            raise GiveUp(error.code) from error

    async def check_quote(self, job: Job) -> None:
        """Fetches the stamp of a quote and accepts the quote if it fits."""
        post = await self._database.read(self._posts.by_id, int(job.arguments["post"]))
        if post is None or post.quote_authorization is None:
            return
        try:
            fetched = await self._fetcher.fetch(post.quote_authorization)
        except FetchFailed as error:
            if error.temporary:
                raise
            raise GiveUp(error.code) from error
        await self._database.write(self._posts.refresher.check_stamp, post.id, fetched.document)

    async def complete(self, job: Job) -> None:
        """Brings a thread up to date: totals of the post, and replies that are missing here."""
        post = await self._database.read(self._posts.by_id, int(job.arguments["post"]))
        if post is not None and not post.local:
            await self._threads.complete(post.uri, self._known)

    async def _known(self, uris: list[str]) -> set[str]:
        return set(await self._database.read(self._posts.by_uris, uris))

    async def forget(self, _job: Job) -> None:
        """Drops keys of requests and tombstones that have served."""

        async def unit(tx: Transaction) -> None:
            now = self._clock.now()
            await tx.run(queries.FORGET_REQUESTS, before=now - REQUEST_KEPT)
            await tx.run(queries.FORGET_TOMBSTONES, before=now)

        await self._database.write(unit)


class ThreadOpener:
    """Plans to complete the threads of remote posts that people open, now and then."""

    def __init__(self, *, database: Database, queue: Any, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._last: OrderedDict[int, int] = OrderedDict()

    async def __call__(self, post_id: int) -> int | None:
        """Somebody opens the thread of a post: the id of the work that began, if some did."""
        now = self._clock.now()
        if now - self._last.get(post_id, -DAY) < OPENED_AGAIN:
            return None
        self._last[post_id] = now
        self._last.move_to_end(post_id)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        return await self._database.write(self._plan, post_id)

    async def _plan(self, tx: Transaction, post_id: int) -> int:
        key = f"{COMPLETE}:{post_id}"
        identifier: int = await self._queue.enqueue(tx, COMPLETE, {"post": post_id}, key=key)
        return identifier

    async def is_running(self, tx: Transaction, identifier: int) -> bool:
        """Whether that work goes on. Raises NotFound for what was none, or ended long ago."""
        kind = await self._queue.unfinished(tx, identifier)
        if kind is not None:
            if kind != COMPLETE:
                raise NotFound
            return True
        if not 0 <= self._clock.now() - time_of(identifier) < DAY:
            raise NotFound
        return False
