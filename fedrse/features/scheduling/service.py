"""Keeps posts for later and publishes them. The only writer of ``scheduled_post``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from msgspec import json

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.model import entity as media_entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts.model import Draft, Post
from fedrse.features.posts.service_publish import Checked
from fedrse.features.scheduling import queries
from fedrse.features.scheduling.model import (
    MOST_PER_DAY,
    MOST_WAITING,
    SOONEST,
    Content,
    Scheduled,
    entity,
)
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

PUBLISH = "scheduling.publish"
"""Job: ``id`` of a scheduled post, which may have been moved or removed meanwhile."""

LONGEST_KEY = 255
log = structlog.get_logger(__name__)


class Publisher(Protocol):
    """Posts; implemented by ``posts.service.Posts``."""

    async def check_draft(self, tx: Transaction, author: Account, draft: Draft) -> Checked: ...

    async def publish(self, tx: Transaction, author: Account, draft: Draft) -> Post: ...


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class Scheduling:
    """Posts that wait for their time."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        queue: Queue,
        posts: Publisher,
        people: People,
        media: MediaLibrary,
        media_urls: MediaUrls,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._queue = queue
        self._posts = posts
        self._people = people
        self._media = media
        self._media_urls = media_urls
        events.subscribe(AccountDeleted, self._account_deleted)

    # Writing

    async def schedule(
        self, tx: Transaction, author: Account, draft: Draft, at: int, *, undo: bool = False
    ) -> Scheduled:
        """Keeps a draft until ``at`` (milliseconds); the same ``idempotency_key`` gives the same.

        With ``undo`` it is for a moment only, whatever else waits. Raises Invalid for a time that
        is too soon, too many posts, and what cannot be published; NotFound if what it refers to
        is not there for the author.
        """
        request_key = (draft.idempotency_key or "")[:LONGEST_KEY] or None
        known = await tx.one(queries.BY_REQUEST, me=author.id, request=request_key)
        if known is not None:
            return Scheduled(*known)
        if not undo:
            self._check_time(at)
            await self._check_room(tx, author.id, at)
        checked = await self._posts.check_draft(tx, author, draft)
        await self._media.reserve(tx, author.id, draft.media_ids)
        scheduled = Scheduled(
            id=self._ids.new(),
            account_id=author.id,
            scheduled_at=at,
            draft=json.encode(Content(checked.draft, checked.visibility.value)).decode(),
            request_key=request_key,
            failure=None,
            created_at=self._clock.now(),
            undo=undo,
        )
        row = {name: getattr(scheduled, name) for name in scheduled.__struct_fields__}
        if not await tx.run(queries.ADD, **row):
            known = await tx.one(queries.BY_REQUEST, me=author.id, request=request_key)
            return Scheduled(*known) if known is not None else scheduled
        await self._plan(tx, scheduled.id, at)
        return scheduled

    async def take_back(self, tx: Transaction, owner: int, scheduled_id: int) -> Draft:
        """Forgets it as ``cancel`` does, and returns what was written. Raises NotFound."""
        draft = (await self.access_own(tx, owner, scheduled_id)).content.draft
        await self.cancel(tx, owner, scheduled_id)
        return draft

    async def move(self, tx: Transaction, owner: int, scheduled_id: int, at: int) -> Scheduled:
        """Publishes it at another time. Raises NotFound, Invalid."""
        await self.access_own(tx, owner, scheduled_id)
        self._check_time(at)
        await self._check_day(tx, owner, at, apart_from=scheduled_id)
        await tx.run(queries.MOVE, me=owner, key=scheduled_id, at=at)
        await self._plan(tx, scheduled_id, at)
        return await self.access_own(tx, owner, scheduled_id)

    async def cancel(self, tx: Transaction, owner: int, scheduled_id: int) -> None:
        """Forgets it; its uploads are free again. Raises NotFound."""
        scheduled = await self.access_own(tx, owner, scheduled_id)
        await self._media.release(tx, owner, scheduled.content.draft.media_ids)
        await tx.run(queries.REMOVE, key=scheduled_id)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            for row in await tx.all(queries.OF_ACCOUNT, me=event.account_id):
                await self.cancel(tx, event.account_id, row.id)

    async def _plan(self, tx: Transaction, scheduled_id: int, at: int) -> None:
        await self._queue.enqueue(tx, PUBLISH, {"id": scheduled_id}, due_at=at)

    # Limits

    def _check_time(self, at: int) -> None:
        if at < self._clock.now() + SOONEST:
            raise Invalid(
                "scheduled_too_soon",
                "Validation failed: Scheduled at The scheduled date must be in the future",
            )

    async def _check_room(self, tx: Transaction, owner: int, at: int) -> None:
        if await tx.value(queries.COUNT, me=owner) >= MOST_WAITING:
            raise Invalid(
                "scheduled_too_many",
                f"Validation failed: You have exceeded the limit of {MOST_WAITING} scheduled posts",
            )
        await self._check_day(tx, owner, at)

    async def _check_day(
        self, tx: Transaction, owner: int, at: int, *, apart_from: int = 0
    ) -> None:
        begins = at // DAY * DAY
        count = await tx.value(
            queries.COUNT_OF_DAY, me=owner, begins=begins, ends=begins + DAY, key=apart_from
        )
        if count >= MOST_PER_DAY:
            raise Invalid(
                "scheduled_too_many_a_day",
                "Validation failed: You have exceeded the limit of"
                f" {MOST_PER_DAY} scheduled posts for that day",
            )

    # Publishing

    async def publish_due(self, tx: Transaction, scheduled_id: int) -> Post | None:
        """Publishes a post whose time has come; None where there is nothing to do.

        What cannot be published any more stays in the author's list, with the reason.
        """
        row = await tx.one(queries.BY_ID, key=scheduled_id)
        if row is None or row.scheduled_at > self._clock.now() or row.failure is not None:
            return None  # removed, moved, or refused before
        scheduled = Scheduled(*row)
        author = await self._people.by_id(tx, scheduled.account_id)
        draft = scheduled.content.draft
        try:
            if author is None or author.is_held:
                raise NotFound("author_gone")
            async with tx.savepoint():
                await self._media.release(tx, author.id, draft.media_ids)
                post = await self._posts.publish(tx, author, draft)
        except FedrseError as error:
            if error.status >= 500:
                raise
            log.warning("scheduled_post_refused", scheduled=scheduled_id, why=error.code)
            await tx.run(queries.SET_FAILURE, key=scheduled_id, why=error.code)
            return None
        await tx.run(queries.REMOVE, key=scheduled_id)
        return post

    # Reading

    async def access_own(self, tx: Transaction, owner: int, scheduled_id: int) -> Scheduled:
        """A scheduled post of this person. Raises NotFound."""
        row = await tx.one(queries.OWN, me=owner, key=scheduled_id)
        if row is None:
            raise NotFound
        return Scheduled(*row)

    async def waiting(self, tx: Transaction, owner: int, scheduled_id: int) -> tuple[Draft, int]:
        """What was written and when it is published, in milliseconds. Raises NotFound."""
        found = await self.access_own(tx, owner, scheduled_id)
        return found.content.draft, found.scheduled_at

    async def of_request(
        self, tx: Transaction, owner: int, request_key: str
    ) -> tuple[int, int] | None:
        """The id and the time of what still waits and was sent with this key."""
        row = await tx.one(queries.BY_REQUEST, me=owner, request=request_key[:LONGEST_KEY])
        return None if row is None or row.failure else (row.id, row.scheduled_at)

    async def count(self, tx: Transaction, owner: int) -> int:
        """How many posts somebody has that wait."""
        return int(await tx.value(queries.COUNT, me=owner))

    async def listing(self, tx: Transaction, owner: int, page: Page) -> list[Scheduled]:
        """A page of this person's scheduled posts, the latest first."""
        rows = await tx.all(
            queries.LISTING[page.ascending],
            me=owner,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [Scheduled(*row) for row in rows]
        return found[::-1] if page.ascending else found

    async def entities(
        self, tx: Transaction, owner: int, several: Sequence[Scheduled]
    ) -> list[dict[str, Any]]:
        """Mastodon ``ScheduledStatus`` entities of one person."""
        wanted = [one for scheduled in several for one in scheduled.content.draft.media_ids]
        uploads = await self._media.own(tx, owner, wanted) if wanted else {}
        media = {one: media_entity(found, self._media_urls) for one, found in uploads.items()}
        return [entity(scheduled, media) for scheduled in several]
