"""Posts that link to collections: the attribute ``tagged_collections`` of a status.

A collection is linked by the address of its page (or its id). One of another site that is not known
here is fetched, where the address looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.ports import Protocol
from fedrse.features.cards.model import links
from fedrse.features.collections import queries
from fedrse.features.collections.model import Collection
from fedrse.features.collections.service import Collections
from fedrse.features.posts.model_events import PostEdited, PostPublished
from fedrse.features.posts.service_ports import READ_BACK
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

LINK = "collections.link"
"""Job: ``post`` (id) and ``addresses`` of collections that are not known here."""
MOST_LINKS = 10
MOST_SHOWN = 4
_LIKE_A_COLLECTION = re.compile(
    r"https?://[^/]+/(?:collections/|ap/[^?]*/collections/|ap/k/)[0-9]+"
)
_encode = msgspec.json.Encoder().encode


class Changed(Protocol):
    """Told that what clients see of posts changed; ``posts.service_counters.Counters.changed``."""

    def __call__(self, tx: Transaction, *post_ids: int) -> None: ...


class LinkedCollections:
    """Finds and renders them."""

    def __init__(
        self,
        *,
        collections: Collections,
        local_ids: LocalIds,
        queue: Queue,
        changed: Changed,
    ) -> None:
        self._collections = collections
        self._local_ids = local_ids
        self._queue = queue
        self._changed = changed
        self._pages = f"{local_ids.origin}/collections/"

    def listen(self, events: Events) -> None:
        """Looks at posts with links when they are written, arrive or change."""
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostEdited, self._edited)

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if event.linked:
            await self._look(tx, event.post_id)

    async def _edited(self, tx: Transaction, event: PostEdited) -> None:
        if await tx.run(queries.HIDE_ALL, key=event.post_id):
            self._changed(tx, event.post_id)
        await self._look(tx, event.post_id)

    async def _look(self, tx: Transaction, post_id: int) -> None:
        row = await tx.one(queries.POST, key=post_id)
        if row is None or row.boost_of_id is not None or "/collections/" not in row.content:
            return
        addresses = list(dict.fromkeys(links(row.content)))[:MOST_LINKS]
        unknown = await self.link(tx, post_id, addresses)
        if unknown:
            arguments = {"post": post_id, "addresses": unknown}
            await self._queue.enqueue(tx, LINK, arguments)

    async def link(self, tx: Transaction, post_id: int, addresses: Sequence[str]) -> list[str]:
        """Lets a post show these collections; returns those that may be one and are not known."""
        if await tx.one(queries.POST, key=post_id) is None:
            return []
        own = {one: one.removeprefix(self._pages) for one in addresses if self._is_own(one)}
        found = {
            row.id for row in await tx.all(queries.OWN_BY_IDS, ids=[int(own[one]) for one in own])
        }
        others = [one for one in addresses if one not in own]
        known = await tx.all(queries.BY_ADDRESSES, addresses=others)
        found |= {row.id for row in known}
        for collection_id in sorted(found)[:MOST_SHOWN]:
            await tx.run(queries.SHOW, post_id=post_id, collection_id=collection_id)
        if found:
            self._changed(tx, post_id)
            tx.known.setdefault(READ_BACK, {})[post_id] = True
        there = {row.url for row in known} | {row.uri for row in known}
        return [
            one
            for one in others
            if one not in there
            and not self._local_ids.is_local(one)
            and _LIKE_A_COLLECTION.fullmatch(one)
        ]

    def _is_own(self, address: str) -> bool:
        number = address.removeprefix(self._pages)
        return number != address and number.isascii() and number.isdigit() and len(number) < 19

    async def render(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, bytes]:
        """The part ``tagged_collections`` of statuses, as nobody in particular sees it."""
        rows = await tx.all(queries.OF_POSTS, ids=list(post_ids))
        if not rows:
            return {}
        known = {row.id: Collection(*row[1:]) for row in rows}
        entities = await self._collections.entities(tx, 0, list(known.values()))
        by_id = dict(zip(known, entities, strict=True))
        found: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            found.setdefault(row.post_id, []).append(by_id[row.id])
        return {post_id: _encode(listed) for post_id, listed in found.items()}
