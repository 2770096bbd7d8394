"""Custom emoji of this site: pictures that people write as ``:name:``.

The only writer of ``emoji``. Implements ``posts.service_ports.EmojiSource``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.text import clean_line
from fedrse.features.emoji import queries
from fedrse.features.emoji.model import LONGEST_CATEGORY, Emoji, entity, is_shortcode
from fedrse.features.media.service import DELETE_BLOBS
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction


class Emojis:
    """Adds, removes and lists emoji."""

    def __init__(
        self, *, clock: Clock, ids: IdMaker, jobs: Queue, address_of: Callable[[str], str]
    ) -> None:
        """``address_of`` is where the picture with a key is."""
        self._clock = clock
        self._ids = ids
        self._jobs = jobs
        self._address_of = address_of

    async def put(
        self, tx: Transaction, shortcode: str, key: str, *, category: str = "", visible: bool = True
    ) -> None:
        """Adds an emoji whose picture is stored already, or gives it a new picture.

        Raises Invalid for a name that nobody can write.
        """
        if not is_shortcode(shortcode):
            raise Invalid(
                "shortcode_invalid",
                "Validation failed: Shortcode has 2 to 64 letters without accents, digits or _",
            )
        known = await tx.one(queries.BY_NAME, name=shortcode)
        await tx.run(
            queries.PUT,
            id=self._ids.new(),
            shortcode=shortcode,
            key=key,
            category=clean_line(category, LONGEST_CATEGORY),
            visible=visible,
            updated_at=self._clock.now(),
        )
        if known is not None and known.key != key:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [known.key]})

    async def remove(self, tx: Transaction, shortcode: str) -> None:
        """Removes an emoji. Raises NotFound."""
        key = await tx.value(queries.REMOVE, name=shortcode)
        if key is None:
            raise NotFound
        await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [key]})

    async def named(self, tx: Transaction, shortcodes: Sequence[str]) -> list[dict[str, Any]]:
        """Mastodon ``CustomEmoji`` of those that exist, by name."""
        if not shortcodes:
            return []
        rows = await tx.all(queries.NAMED, names=list(dict.fromkeys(shortcodes)))
        return [self._entity(Emoji(*row)) for row in rows]

    async def listing(self, tx: Transaction) -> list[dict[str, Any]]:
        """All emoji, by category and name."""
        return [self._entity(Emoji(*row)) for row in await tx.all(queries.LISTING)]

    def _entity(self, emoji: Emoji) -> dict[str, Any]:
        return entity(emoji, self._address_of(emoji.key))
