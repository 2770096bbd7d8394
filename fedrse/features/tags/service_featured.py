"""Tags on profiles: of people here, and of others as their sites tell. The only writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import DAY, Clock, to_date
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.text import fold_hashtag
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import tag_address
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.service_tags import ensure_tags
from fedrse.features.tags import queries
from fedrse.features.tags.model import MOST_FEATURED, Featured, Tag
from fedrse.features.tags.service import Tags
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

FETCH = "tags.fetch_featured"
"""Job: ``account`` (id of a remote account)."""

FETCHED_AGAIN = DAY
MOST_SUGGESTED = 10


class FeaturedTags:
    """Tags that people show on their profiles."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        queue: Queue,
        tags: Tags,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._queue = queue
        self._tags = tags

    # People here

    async def add(
        self, tx: Transaction, account: Account, text: str, *, again: bool = False
    ) -> tuple[Tag, Featured]:
        """Shows a tag on one's profile; ``again`` permits one that is shown already.

        Raises Invalid for what is no tag, for an eleventh, and for one that is shown already.
        """
        try:
            tag = await self._tags.ensure(tx, text)
        except NotFound:
            raise Invalid("tag_invalid", "Validation failed: Tag is invalid") from None
        known = await tx.value(queries.FEATURED_OF_TAG, me=account.id, of_tag=tag.id)
        if known is not None and not again:
            raise Invalid("tag_taken", "Validation failed: Tag has already been taken")
        if known is None:
            if (await tx.value(queries.COUNT_FEATURED, me=account.id) or 0) >= MOST_FEATURED:
                raise Invalid(
                    "featured_tags_full",
                    "Validation failed: You have already featured the maximum number of hashtags",
                )
            written = text.strip().removeprefix("#")
            await self._insert(tx, account.id, tag.id, written)
            await self._tell(tx, account, "Add", written)
        return tag, await self._one(tx, account.id, tag.name)

    async def remove(self, tx: Transaction, account: Account, tag: Tag) -> bool:
        """Takes a tag from one's profile; False if it was not there."""
        removed = await tx.run(queries.REMOVE_FEATURED, me=account.id, of_tag=tag.id)
        if removed:
            await self._tell(tx, account, "Remove", tag.display)
        return bool(removed)

    async def remove_by_id(self, tx: Transaction, account: Account, featured_id: int) -> None:
        """The same by the id of the featured tag. Raises NotFound."""
        row = await tx.one(queries.FEATURED_TAG, me=account.id, key=featured_id)
        if row is None:
            raise NotFound
        await self.remove(tx, account, Tag(*row))

    async def suggestions(self, tx: Transaction, account_id: int) -> list[Tag]:
        """Tags that somebody uses much and does not show."""
        rows = await tx.all(queries.SUGGESTED, me=account_id, limit=MOST_SUGGESTED)
        return [Tag(*row) for row in rows]

    async def _insert(
        self, tx: Transaction, account_id: int, tag_id: int, display: str, url: str | None = None
    ) -> bool:
        added = await tx.run(
            queries.ADD_FEATURED,
            id=self._ids.new(),
            account_id=account_id,
            tag_id=tag_id,
            display=display,
            url=url,
            created_at=self._clock.now(),
        )
        return bool(added)

    async def _tell(self, tx: Transaction, account: Account, what: str, display: str) -> None:
        activity = with_context(
            {
                "id": self._local_ids.uri("activity", self._ids.new()),
                "type": what,
                "actor": account.uri,
                "to": [account.followers_uri] if account.followers_uri else [],
                # As Mastodon does: the collection of posts, with an object that is a tag.
                "target": account.featured_uri,
                "object": self.document(display),
            }
        )
        await self._outbox.enqueue(
            tx,
            activity,
            sender=account.id,
            recipients=Recipients(followers_of=account.id, members=True),
        )

    def document(self, display: str) -> Json:
        """A ``Hashtag`` of this site."""
        address = tag_address(self._local_ids.origin, fold_hashtag(display))
        return {"type": "Hashtag", "href": address, "name": f"#{display}"}

    # Reading

    async def of_account(
        self, tx: Transaction, account_id: int, *, for_visitors: bool = False
    ) -> list[Featured]:
        """What somebody shows, the most used first; visitors learn of public posts only."""
        statement = queries.FEATURED_FOR_VISITORS if for_visitors else queries.FEATURED
        return [Featured(*row) for row in await tx.all(statement, me=account_id)]

    async def entities_of(self, tx: Transaction, account_id: int) -> list[dict[str, Any]]:
        """The same as ``FeaturedTag`` entities."""
        return [self.entity(one) for one in await self.of_account(tx, account_id)]

    async def _one(self, tx: Transaction, account_id: int, name: str) -> Featured:
        found = await self.of_account(tx, account_id)
        return next(one for one in found if one.name == name)

    def entity(self, featured: Featured) -> dict[str, Any]:
        """Mastodon ``FeaturedTag``."""
        return {
            "id": str(featured.id),
            "name": featured.display,
            "url": featured.url or tag_address(self._local_ids.origin, featured.name),
            "statuses_count": str(featured.posts),
            "last_status_at": None if featured.last_at is None else to_date(featured.last_at),
        }

    # People elsewhere

    async def plan_fetch(self, tx: Transaction, account: Account) -> None:
        """Asks the site of somebody which tags are shown, at most once a day."""
        if account.local or account.is_gone:
            return
        fetched_at = await tx.value(queries.FETCHED_AT, me=account.id)
        if fetched_at is not None and fetched_at > self._clock.now() - FETCHED_AGAIN:
            return
        await tx.run(queries.SET_FETCHED, account_id=account.id, fetched_at=self._clock.now())
        await self._queue.enqueue(tx, FETCH, {"account": account.id}, key=f"{FETCH}:{account.id}")

    async def needs_fetch(self, tx: Transaction, account: Account) -> bool:
        """Whether ``plan_fetch`` would ask."""
        if account.local or account.is_gone:
            return False
        fetched_at = await tx.value(queries.FETCHED_AT, me=account.id)
        return fetched_at is None or fetched_at <= self._clock.now() - FETCHED_AGAIN

    async def replace_remote(
        self, tx: Transaction, account_id: int, shown: Sequence[tuple[str, str | None]]
    ) -> None:
        """Somebody elsewhere shows exactly these: valid names with the pages of their sites."""
        await tx.run(queries.REMOVE_FEATURED_OF, me=account_id)
        wanted = {fold_hashtag(name): (name, url) for name, url in shown[:MOST_FEATURED]}
        ids = await ensure_tags(tx, self._ids, [name for name, _ in wanted.values()])
        for folded, (name, url) in wanted.items():
            await self._insert(tx, account_id, ids[folded], name, url)

    async def add_remote(
        self, tx: Transaction, account_id: int, name: str, url: str | None
    ) -> bool:
        """Somebody elsewhere shows one more; False where it is known or one too many."""
        if (await tx.value(queries.COUNT_FEATURED, me=account_id) or 0) >= MOST_FEATURED:
            return False
        ids = await ensure_tags(tx, self._ids, [name])
        return await self._insert(tx, account_id, ids[fold_hashtag(name)], name, url)

    async def remove_remote(self, tx: Transaction, account_id: int, name: str) -> bool:
        """Somebody elsewhere shows one no more."""
        tag = await self._tags.find(tx, name)
        return bool(await tx.run(queries.REMOVE_FEATURED, me=account_id, of_tag=tag.id))
