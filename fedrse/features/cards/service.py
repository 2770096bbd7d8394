"""Previews: the only writer of ``preview_card`` and ``post_card``.

A post with a link gets a job (``cards.jobs``), which fetches the page; this is what is done with
the result, and how previews reach statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from fedrse.core.clock import DAY, Clock
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.cards import queries
from fedrse.features.cards.model import Card, entity, first_link
from fedrse.features.cards.model_events import CardShown
from fedrse.features.media.service import DELETE_BLOBS
from fedrse.features.posts.model import links_out
from fedrse.features.posts.model_events import PostEdited, PostPublished
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

FETCH = "cards.fetch"
FRESH = 14 * DAY
FRESH_EMPTY = DAY
_encode = msgspec.json.Encoder().encode


class Changed(Protocol):
    """Told that what clients see of posts changed; ``posts.service_counters.Counters.changed``."""

    def __call__(self, tx: Transaction, *post_ids: int) -> None: ...


class Cards:
    """Plans fetches, stores results, renders."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        jobs: Queue,
        changed: Changed,
        address_of: Callable[[str], str],
        own_origin: str,
        without_media: Callable[[str, str], bool] = lambda _host, _author: False,
    ) -> None:
        """``address_of`` is where the picture with a key is.

        ``without_media``: whether posts of an author (host, URI) are shown without any picture.
        """
        self._without_media = without_media
        self._clock = clock
        self._ids = ids
        self._jobs = jobs
        self._changed = changed
        self._address_of = address_of
        self._own = f"{own_origin}/"
        self._events: Events | None = None

    def listen(self, events: Events) -> None:
        """Plans a fetch when a post with a link is written, arrives or changes."""
        self._events = events
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostEdited, self._edited)

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if event.linked:
            await self._jobs.enqueue(tx, FETCH, {"post": event.post_id})

    async def _edited(self, tx: Transaction, event: PostEdited) -> None:
        row = await tx.one(queries.POST, key=event.post_id)
        if row is not None and links_out(row.content):
            await self._jobs.enqueue(tx, FETCH, {"post": event.post_id})
        elif await tx.run(queries.HIDE, key=event.post_id):
            self._changed(tx, event.post_id)

    async def wanted(self, tx: Transaction, post_id: int) -> str | None:
        """The address that a post should show a preview of, None for none or one of this site."""
        row = await tx.one(queries.POST, key=post_id)
        remote = row is not None and not row.uri.startswith(self._own)
        if row is not None and remote and self._without_media(row.host, row.uri):
            return None
        address = None if row is None else first_link(row.content)
        return None if address is None or address.startswith(self._own) else address

    async def known(self, tx: Transaction, url: str) -> Card | None:
        """A preview that need not be fetched again yet."""
        row = await tx.one(queries.BY_URL, of_url=url)
        if row is None:
            return None
        card = Card(*row)
        age = self._clock.now() - card.fetched_at
        return card if age < (FRESH if card.state == "ready" else FRESH_EMPTY) else None

    async def store(self, tx: Transaction, card: Card) -> Card:
        """Keeps what was fetched; the picture that it replaces goes."""
        old = await tx.one(queries.BY_URL, of_url=card.url)
        if old is not None and old.image_key is not None and old.image_key != card.image_key:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [old.image_key]})
        values = msgspec.structs.asdict(card)
        values |= {"id": self._ids.new(), "fetched_at": self._clock.now()}
        await tx.run(queries.PUT, **values)
        row = await tx.one(queries.BY_URL, of_url=card.url)
        assert row is not None  # noqa: S101  (it was just written)
        for showing in await tx.all(queries.SHOWING, key=row.id):
            self._changed(tx, showing.post_id)
        return Card(*row)

    async def show(self, tx: Transaction, post_id: int, card: Card) -> None:
        """Lets a post show a preview, if it is still there."""
        if await tx.one(queries.POST, key=post_id) is not None:
            await tx.run(queries.SHOW, post_id=post_id, card_id=card.id)
            self._changed(tx, post_id)
            if self._events is not None:
                await self._events.publish(tx, CardShown(post_id, card.kind))

    async def render(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, bytes]:
        """The part ``card`` of statuses."""
        rows = await tx.all(queries.OF_POSTS, ids=list(post_ids))
        return {row.post_id: _encode(self.entity(Card(*row[1:]))) for row in rows}

    def entity(self, card: Card) -> dict[str, object]:
        """The Mastodon ``PreviewCard``."""
        image = None if card.image_key is None else self._address_of(card.image_key)
        return entity(card, image)

    async def forget_unused(self, tx: Transaction) -> int:
        """Removes previews that no post shows; returns how many."""
        before = self._clock.now() - FRESH
        rows = await tx.all(queries.UNUSED, before=before)
        if rows:
            await tx.run(queries.REMOVE, ids=[row.id for row in rows])
        keys = [row.image_key for row in rows if row.image_key is not None]
        if keys:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": keys})
        return len(rows)
