"""Keeps filters and applies them: what a person does not want to see is marked by the server.

Who has filters is known from memory, so nobody else's requests cost anything. Changes reach other
processes by notification; as one may be lost, everything is read anew after a minute.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from threading import Lock
from typing import Any, Final

from msgspec.structs import replace

from fedrse.core.clock import SECOND, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.html import html_to_text
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.accounts.service_snapshots import MINUTE_NS, SnapshotCache
from fedrse.features.filters import queries
from fedrse.features.filters.model import (
    LONGEST_LIFE,
    MOST_FILTERS,
    MOST_KEYWORDS,
    Action,
    Filter,
    FilteredPost,
    Keyword,
    Matcher,
)
from fedrse.features.filters.model_events import FiltersChanged
from fedrse.features.posts.service import Posts
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events

CHANNEL: Final = "filters"  # payload: the id of an account
MOST_REMEMBERED: Final = 5_000


class Filters:
    """The only writer of filters."""

    def __init__(self, *, clock: Clock, ids: IdMaker, events: Events, posts: Posts) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        events.subscribe(AccountDeleted, self._account_deleted)
        self._posts = posts
        self._owners: frozenset[int] = frozenset()
        self._changed_at: dict[int, int] = {}
        self._owners_until = 0
        self._lock = Lock()
        self._matchers: SnapshotCache[int, Matcher] = SnapshotCache(
            most=MOST_REMEMBERED, lifetime_ns=MINUTE_NS
        )

    def listen(self, database: Database) -> None:
        """Hears what other processes change; once, at the start."""
        database.listen(CHANNEL, self._heard)

    # Applying

    async def results(
        self, tx: Transaction, viewer: int, post_ids: Sequence[int]
    ) -> dict[int, bytes]:
        """See ``posts.service_entities.FilterResults``."""
        found = await self.results_for_many(tx, (viewer,), post_ids)
        return found.get(viewer, {})

    async def results_for_many(
        self, tx: Transaction, viewers: Sequence[int], post_ids: Sequence[int]
    ) -> dict[int, dict[int, bytes]]:
        """See ``posts.service_entities.FilterResultsForMany``."""
        if time.monotonic_ns() >= self._owners_until:
            await self._read_owners(tx)
        concerned = self._owners.intersection(viewers)
        if not concerned or not post_ids:
            return {}
        texts, now = await _texts(tx, post_ids), self._clock.now()
        found = {
            viewer: (await self._matcher(tx, viewer)).results(texts, now) for viewer in concerned
        }
        return {viewer: results for viewer, results in found.items() if results}

    async def _matcher(self, tx: Transaction, viewer: int) -> Matcher:
        matcher = self._matchers.get(viewer) if tx.snapshot is not None else None
        if matcher is None:
            matcher = Matcher(await self.all_of(tx, viewer))
            self._matchers.put(viewer, matcher, tx.snapshot)
        return matcher

    async def _read_owners(self, tx: Transaction) -> None:
        until = time.monotonic_ns() + MINUTE_NS
        owners = {row[0] for row in await tx.all(queries.OWNERS)}
        # Whoever made a first filter after this snapshot must not be forgotten.
        snapshot = tx.snapshot or 0
        with self._lock:
            since = {one for one, at in self._changed_at.items() if at >= snapshot}
            self._owners = frozenset(owners | since)
            self._owners_until = until

    def _heard(self, payload: str) -> None:
        if payload.isdigit():
            self._forget(int(payload))

    def _forget(self, account_id: int) -> None:
        with self._lock:
            self._changed_at[account_id] = time.monotonic_ns()
            self._owners |= {account_id}
        self._matchers.forget(account_id)

    async def _changed(self, tx: Transaction, me: int) -> None:
        tx.after_commit(partial(self._forget, me))
        tx.notify(CHANNEL, str(me))
        await self._events.publish(tx, FiltersChanged(me))

    # Reading

    async def all_of(self, tx: Transaction, me: int) -> list[Filter]:
        """All filters of a person, with keywords and posts."""
        keywords: defaultdict[int, list[Keyword]] = defaultdict(list)
        posts: defaultdict[int, list[FilteredPost]] = defaultdict(list)
        rows = await tx.all(queries.OF_ACCOUNT, me=me)
        if rows:
            for row in await tx.all(queries.KEYWORDS_OF, me=me):
                keywords[row.filter_id].append(Keyword(*row))
            for row in await tx.all(queries.POSTS_OF, me=me):
                posts[row.filter_id].append(FilteredPost(*row))
        return [
            Filter(
                row.id,
                row.account_id,
                row.title,
                tuple(row.context.split()),
                Action(row.action),
                row.expires_at,
                tuple(keywords[row.id]),
                tuple(posts[row.id]),
            )
            for row in rows
        ]

    async def access_filter(self, tx: Transaction, me: int, filter_id: int) -> Filter:
        """One filter of a person. Raises NotFound."""
        for found in await self.all_of(tx, me):
            if found.id == filter_id:
                return found
        raise NotFound

    async def access_keyword(
        self, tx: Transaction, me: int, keyword_id: int
    ) -> tuple[Filter, Keyword]:
        """One keyword of a person's filters. Raises NotFound."""
        for found in await self.all_of(tx, me):
            for keyword in found.keywords:
                if keyword.id == keyword_id:
                    return found, keyword
        raise NotFound

    async def access_filtered(self, tx: Transaction, me: int, identifier: int) -> FilteredPost:
        """One post that a person's filters name. Raises NotFound."""
        for found in await self.all_of(tx, me):
            for one in found.posts:
                if one.id == identifier:
                    return one
        raise NotFound

    # Changing

    def expiry(self, seconds: int | None) -> int | None:
        """When a filter ends that is to last so long; None: never. Raises Invalid."""
        if seconds is None:
            return None
        if not 0 <= seconds <= LONGEST_LIFE:
            raise Invalid("filter_expiry", "Validation failed: Expires in is not possible")
        return self._clock.now() + seconds * SECOND

    async def create(self, tx: Transaction, wish: Filter, keywords: Sequence[Keyword]) -> Filter:
        """Makes a filter; ids in the values are ignored. Raises Invalid."""
        me = wish.account_id
        if await tx.value(queries.COUNT, me=me) >= MOST_FILTERS:
            raise Invalid(
                "too_many_filters", f"Validation failed: More than {MOST_FILTERS} filters"
            )
        made = replace(wish, id=self._ids.new())
        await tx.run(queries.ADD, id=made.id, account_id=me, **_columns(made))
        for keyword in keywords:
            await self._add_keyword(tx, me, made.id, keyword.keyword, whole=keyword.whole_word)
        await self._changed(tx, me)
        return await self.access_filter(tx, me, made.id)

    async def change(self, tx: Transaction, wish: Filter) -> None:
        """Changes all but keywords and posts."""
        values: dict[str, Any] = {f"new_{name}": one for name, one in _columns(wish).items()}
        await tx.run(queries.SET, key=wish.id, **values)
        await self._changed(tx, wish.account_id)

    async def remove(self, tx: Transaction, me: int, filter_id: int) -> None:
        """Removes a filter. Raises NotFound."""
        await self.access_filter(tx, me, filter_id)
        await tx.run(queries.REMOVE, key=filter_id)
        await self._changed(tx, me)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            await tx.run(queries.REMOVE_ALL, me=event.account_id)
            tx.after_commit(partial(self._forget, event.account_id))

    async def add_keyword(
        self, tx: Transaction, me: int, filter_id: int, keyword: str, *, whole: bool
    ) -> Keyword:
        """Adds a keyword. Raises NotFound, Invalid."""
        await self.access_filter(tx, me, filter_id)
        made = await self._add_keyword(tx, me, filter_id, keyword, whole=whole)
        await self._changed(tx, me)
        return made

    async def _add_keyword(
        self, tx: Transaction, me: int, filter_id: int, keyword: str, *, whole: bool
    ) -> Keyword:
        if len(await tx.all(queries.KEYWORDS_OF, me=me)) >= MOST_KEYWORDS:
            raise Invalid(
                "too_many_keywords", f"Validation failed: More than {MOST_KEYWORDS} keywords"
            )
        made = Keyword(self._ids.new(), filter_id, keyword, whole)
        await tx.run(
            queries.ADD_KEYWORD,
            id=made.id,
            filter_id=filter_id,
            keyword=keyword,
            whole_word=whole,
        )
        return made

    async def change_keyword(
        self,
        tx: Transaction,
        me: int,
        keyword_id: int,
        *,
        keyword: str | None,
        whole: bool | None,
    ) -> Keyword:
        """Changes what is given. Raises NotFound."""
        _, known = await self.access_keyword(tx, me, keyword_id)
        made = replace(
            known,
            keyword=known.keyword if keyword is None else keyword,
            whole_word=known.whole_word if whole is None else whole,
        )
        await tx.run(
            queries.SET_KEYWORD,
            key=keyword_id,
            new_keyword=made.keyword,
            new_whole_word=made.whole_word,
        )
        await self._changed(tx, me)
        return made

    async def remove_keyword(self, tx: Transaction, me: int, keyword_id: int) -> None:
        """Removes a keyword. Raises NotFound."""
        await self.access_keyword(tx, me, keyword_id)
        await tx.run(queries.REMOVE_KEYWORD, key=keyword_id)
        await self._changed(tx, me)

    async def add_post(
        self, tx: Transaction, me: int, filter_id: int, post_id: int
    ) -> FilteredPost:
        """Adds a post that this person may see. Raises NotFound, Invalid."""
        found = await self.access_filter(tx, me, filter_id)
        await self._posts.access_post(tx, me, post_id)
        if any(one.post_id == post_id for one in found.posts):
            raise Invalid("filtered_already", "Validation failed: Status has already been taken")
        made = FilteredPost(self._ids.new(), filter_id, post_id)
        await tx.run(queries.ADD_POST, id=made.id, filter_id=filter_id, post_id=post_id)
        await self._changed(tx, me)
        return made

    async def remove_post(self, tx: Transaction, me: int, identifier: int) -> FilteredPost:
        """Removes a post from a filter. Raises NotFound."""
        found = await self.access_filtered(tx, me, identifier)
        await tx.run(queries.REMOVE_POST, key=identifier)
        await self._changed(tx, me)
        return found


def _columns(found: Filter) -> dict[str, Any]:
    return {
        "title": found.title,
        "context": " ".join(found.context),
        "action": found.action.value,
        "expires_at": found.expires_at,
    }


async def _texts(tx: Transaction, post_ids: Sequence[int]) -> dict[int, str]:
    """What can be read in posts: text, warning, title, options, descriptions of pictures."""
    parts: defaultdict[int, list[str]] = defaultdict(list)
    for row in await tx.all(queries.TEXTS, ids=list(post_ids)):
        post_id, html, words, options = row
        parts[post_id].append(words)
        if html:
            parts[post_id].append(html_to_text(html))
        if options:
            parts[post_id] += [one["title"] for one in json.loads(options)]
    return {post_id: "\n".join(texts) for post_id, texts in parts.items()}
