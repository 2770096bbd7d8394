"""Tags for people: what they follow, what apps show of a tag. The only writer of ``tag_follow``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedrse.core.clock import DAY, Clock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.posts.model import tag_address
from fedrse.features.posts.service_tags import ensure_tags
from fedrse.features.tags import queries
from fedrse.features.tags.model import HISTORY_DAYS, Day, Followed, Tag, history, read_name
from fedrse.features.tags.model_events import TagFollowed, TagUnfollowed
from fedrse.store.database import Transaction
from fedrse.store.events import Events

TIME_BITS = 16  # of an id that are not its time


class Tags:
    """Finds, renders and follows tags."""

    def __init__(self, *, clock: Clock, ids: IdMaker, events: Events, origin: str) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._origin = origin
        events.subscribe(AccountDeleted, self._account_deleted)

    # Finding

    async def find(self, tx: Transaction, text: str) -> Tag:
        """The tag of this name, as somebody writes it; one nobody used has the id 0.

        Raises NotFound for what cannot be the name of a tag.
        """
        name, written = read_name(text)
        row = await tx.one(queries.BY_NAME, name=name)
        return Tag(0, name, written) if row is None else Tag(*row)

    async def ensure(self, tx: Transaction, text: str) -> Tag:
        """The same; a new one is made. Raises NotFound."""
        known = await self.find(tx, text)
        if known.id:
            return known
        made = await ensure_tags(tx, self._ids, [known.display])
        return Tag(made[known.name], known.name, known.display)

    # Following

    async def follow(self, tx: Transaction, account_id: int, text: str) -> Tag:
        """Posts with this tag come into the home timeline. Raises NotFound."""
        tag = await self.ensure(tx, text)
        added = await tx.run(
            queries.ADD_FOLLOW,
            id=self._ids.new(),
            account_id=account_id,
            tag_id=tag.id,
            created_at=self._clock.now(),
        )
        if added:
            await self._events.publish(tx, TagFollowed(account_id, tag.id))
        return tag

    async def unfollow(self, tx: Transaction, account_id: int, text: str) -> Tag:
        """They come no more. Raises NotFound."""
        tag = await self.find(tx, text)
        if await tx.run(queries.REMOVE_FOLLOW, me=account_id, of_tag=tag.id):
            await self._events.publish(tx, TagUnfollowed(account_id, tag.id))
        return tag

    async def follows(self, tx: Transaction, account_id: int, name: str) -> bool:
        """Whether somebody follows the tag of this folded name."""
        return await tx.one(queries.FOLLOWS, me=account_id, name=name) is not None

    async def followed(self, tx: Transaction, account_id: int, page: Page) -> list[Followed]:
        """A page of the tags that somebody follows, the latest first."""
        rows = await tx.all(
            queries.FOLLOWED[page.ascending],
            me=account_id,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [Followed(row[0], Tag(*row[1:])) for row in rows]
        return found[::-1] if page.ascending else found

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        await tx.run(queries.REMOVE_FOLLOWS_OF, me=event.account_id)
        await tx.run(queries.REMOVE_FEATURED_OF, me=event.account_id)

    # Rendering

    async def entities(
        self, tx: Transaction, viewer: int | None, tags: Sequence[Tag]
    ) -> list[dict[str, Any]]:
        """Mastodon ``Tag`` entities in the same order; three queries for all.

        Visitors are not told how much people here use a tag.
        """
        now, ids = self._clock.now(), [tag.id for tag in tags]
        days = {} if viewer is None else await self._days(tx, ids, now)
        following: set[int] = set()
        featuring: set[int] = set()
        if viewer is not None:
            following = {row[0] for row in await tx.all(queries.FOLLOWING, me=viewer, ids=ids)}
            featuring = {row[0] for row in await tx.all(queries.FEATURING, me=viewer, ids=ids)}
        found = []
        for tag in tags:
            entity: dict[str, Any] = {"id": str(tag.id)} if tag.id else {}
            entity |= {
                "name": tag.display,
                "url": tag_address(self._origin, tag.name),
                "history": history(now, days.get(tag.id, {})),
            }
            if viewer is not None:
                entity |= {"following": tag.id in following, "featuring": tag.id in featuring}
            found.append(entity)
        return found

    async def _days(
        self, tx: Transaction, ids: Sequence[int], now: int
    ) -> dict[int, dict[int, Day]]:
        since = (now // DAY - HISTORY_DAYS + 1) * DAY
        rows = await tx.all(queries.HISTORY, ids=ids, since=since, since_id=since << TIME_BITS)
        days: dict[int, dict[int, Day]] = {}
        for row in rows:
            days.setdefault(row.tag_id, {})[row.day] = Day(row.uses, row.accounts)
        return days
