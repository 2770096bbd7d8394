"""New posts on their way to those who want them by mail.

Publishing knows nothing of it: every few minutes one query asks what is new of all who offer it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fedrse.core.clock import SECOND, Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import first_of
from fedrse.features.accounts.model import Account
from fedrse.features.mail import queries
from fedrse.features.mail.model import MOST_AT_ONCE, MOST_IN_A_MAIL, STILL_UNDONE, Subscription
from fedrse.features.mail.service import SEND, Subscriptions
from fedrse.features.posts import service_lists
from fedrse.features.posts.service import Posts
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

SPREAD: Final = "mail.spread"
POSTS: Final = "posts"
READERS_AT_ONCE: Final = 100
PAUSE: Final = 5 * SECOND  # until the next readers: a long list must not hold up other jobs
Entity = dict[str, Any]


class Batches:
    """Finds what is new, and for whom."""

    def __init__(
        self, *, clock: Clock, queue: Queue, posts: Posts, subscriptions: Subscriptions
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._posts = posts
        self._subscriptions = subscriptions

    async def collect(self, tx: Transaction) -> int:
        """Hands what is new over to ``spread``, and notes that; how many people wrote."""
        seen = {row.account_id: row.seen_id for row in await tx.all(queries.PUBLISHERS)}
        if not seen:
            return 0
        before = first_of(self._clock.now() - STILL_UNDONE)
        found = await service_lists.published(
            tx, list(seen), after=min(seen.values()), before=before, most=MOST_AT_ONCE
        )
        if len(found) == MOST_AT_ONCE:
            before = found[-1].id + 1  # the rest comes with the next batch
        new: dict[int, list[int]] = {}
        for entry in found:
            if entry.id > seen[entry.value]:
                new.setdefault(entry.value, []).append(entry.id)
        for account_id, post_ids in new.items():
            await self._pass_on(tx, account_id, post_ids, after=0, due_at=self._clock.now())
        late = [account_id for account_id, known in seen.items() if known < before - 1]
        await tx.run(queries.SEEN, ids=late, upto=before - 1)
        return len(new)

    async def spread(self, tx: Transaction, job: Job) -> None:
        """One mail for each of the next readers of somebody."""
        account_id, post_ids = int(job.arguments["account"]), job.arguments["posts"]
        rows = await tx.all(
            queries.READERS,
            owner=account_id,
            after=job.arguments["after"],
            limit=READERS_AT_ONCE,
        )
        for row in rows:
            work = {"letter": POSTS, "subscription": row.id, "posts": post_ids}
            await self._queue.enqueue(tx, SEND, work)
        if len(rows) == READERS_AT_ONCE:
            due = self._clock.now() + PAUSE
            await self._pass_on(tx, account_id, post_ids, after=rows[-1].id, due_at=due)

    async def _pass_on(
        self, tx: Transaction, account_id: int, post_ids: list[int], *, after: int, due_at: int
    ) -> None:
        work = {"account": account_id, "posts": post_ids, "after": after}
        await self._queue.enqueue(tx, SPREAD, work, due_at=due_at)

    async def readable(
        self, tx: Transaction, known: Subscription, post_ids: list[int]
    ) -> tuple[Account, list[Entity]] | None:
        """What a reader gets now: the author, and the posts that visitors see, newest first.

        None where nothing is left to send: everything is asked once more, because posts are deleted
        and people change their mind while mail waits.
        """
        if known.confirmed_at is None:
            return None
        try:
            account = await self._subscriptions.access_author(tx, known.account_id)
        except NotFound:
            return None
        rendered = await self._posts.entities(tx, sorted(post_ids, reverse=True), None)
        statuses = [msgspec.json.decode(one) for one in rendered]
        shown = [
            one
            for one in statuses
            if one["audience"] == "public" and one["account"]["id"] == str(account.id)
        ]
        return (account, shown) if shown else None

    def cut(self, statuses: list[Entity]) -> tuple[list[Entity], int]:
        """The posts of one mail, and how many more there are."""
        return statuses[:MOST_IN_A_MAIL], max(len(statuses) - MOST_IN_A_MAIL, 0)
