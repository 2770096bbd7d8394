"""The event ``totals`` of pages: how often posts on an open page are liked, shared and answered.

Apps do not know it. Who may not read a post (any more) is told nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from fedrse.features.posts.model_events import PostBoosted, PostDeleted, PostPublished
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.features.streaming.model import POST, Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.features.streaming.service_posts import StatusesForMany
from fedrse.store.database import Transaction
from fedrse.store.events import Events

TOTALS: Final = "totals"


class _Status(msgspec.Struct):
    """What is told of a ``Status``."""

    id: str
    favourites_count: int
    reblogs_count: int
    replies_count: int


_read = msgspec.json.Decoder(_Status).decode


class TotalsStreams:
    """Publishes hints about posts whose totals change, and turns them into messages."""

    def __init__(self, *, streams: Streams, events: Events, statuses: StatusesForMany) -> None:
        self._streams = streams
        self._statuses = statuses
        streams.add_source(self.source, TOTALS)
        events.subscribe(Reacted, self._reacted)
        events.subscribe(Unreacted, self._reacted)
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostBoosted, self._boosted)
        events.subscribe(PostDeleted, self._deleted)

    async def _reacted(self, tx: Transaction, event: Reacted | Unreacted) -> None:
        self._streams.tell(tx, TOTALS, [event.post_id])

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if event.reply_to_id is not None:
            self._streams.tell(tx, TOTALS, [event.reply_to_id])

    async def _boosted(self, tx: Transaction, event: PostBoosted) -> None:
        self._streams.tell(tx, TOTALS, [event.original_id])

    async def _deleted(self, tx: Transaction, event: PostDeleted) -> None:
        if event.boost_of_id is not None:
            self._streams.tell(tx, TOTALS, [event.boost_of_id])

    async def source(
        self, tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        """See ``service.Source``."""
        watched = watching.of(POST)
        changed = {hint[0] for _, hint in hints}
        wanted = {
            post_id: viewers
            for post_id, viewers in watched.items()
            if isinstance(post_id, int) and post_id in changed
        }
        if not wanted:
            return []
        rendered = await self._statuses.render(tx, wanted)
        return [
            Dispatch(POST, post_id, dict.fromkeys(by_viewer, _message(by_viewer)))
            for post_id, by_viewer in rendered.items()
            if by_viewer
        ]


def _message(by_viewer: dict[int, bytes]) -> Message:
    """The same for all: totals are."""
    return Message(TOTALS, msgspec.json.encode(_read(next(iter(by_viewer.values())))))
