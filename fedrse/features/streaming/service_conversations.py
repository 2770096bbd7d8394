"""The event ``conversation``: what changed in somebody's direct posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from fedrse.features.conversations.model_events import ConversationChanged
from fedrse.features.conversations.service import Conversations
from fedrse.features.streaming.model import DIRECT, Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.store.database import Transaction
from fedrse.store.events import Events

CONVERSATION: Final = "conversation"


class ConversationStreams:
    """Publishes hints about conversations and turns them into messages."""

    def __init__(self, *, streams: Streams, events: Events, conversations: Conversations) -> None:
        self._streams = streams
        self._conversations = conversations
        streams.add_source(self.source, CONVERSATION)
        events.subscribe(ConversationChanged, self._changed)

    async def _changed(self, tx: Transaction, event: ConversationChanged) -> None:
        self._streams.tell(tx, CONVERSATION, [event.conversation_id, event.account_id])

    async def source(
        self, tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        """See ``service.Source``."""
        people = set(watching.people(DIRECT))
        wanted = list(dict.fromkeys(hint[0] for _, hint in hints if hint[1] in people))
        if not wanted:
            return []
        dispatches = []
        for one in await self._conversations.by_ids(tx, wanted):
            (entity,) = await self._conversations.entities(tx, one.account_id, [one])
            message = Message(CONVERSATION, msgspec.json.encode(entity))
            dispatches.append(Dispatch(DIRECT, None, {one.account_id: message}))
        return dispatches
