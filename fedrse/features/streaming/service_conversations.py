"""The event ``conversation``: what changed in somebody's direct posts.

And, for pages of this site only, ``typing``: who writes to whom at this moment. It is stored
nowhere; whoever blocks the other, or is blocked, hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from fedrse.core.ports import Protocol
from fedrse.features.conversations.model_events import ConversationChanged, Typing
from fedrse.features.conversations.service import Conversations
from fedrse.features.streaming.model import DIRECT, TYPING, Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.store.database import Transaction
from fedrse.store.events import Events

CONVERSATION: Final = "conversation"


class Bonds(Protocol):
    """Blocks; implemented by ``relationships.service.Relationships``."""

    async def blocks_between(self, tx: Transaction, one: int, other: int) -> bool: ...


class _Typing(msgspec.Struct):
    """What is told: ``people`` are all who write to each other, whose chat it is."""

    account_id: str
    people: list[str]


class ConversationStreams:
    """Publishes hints about conversations and turns them into messages."""

    def __init__(
        self, *, streams: Streams, events: Events, conversations: Conversations, bonds: Bonds
    ) -> None:
        self._streams = streams
        self._conversations = conversations
        self._bonds = bonds
        streams.add_source(self.source, CONVERSATION)
        streams.add_source(self.typing, TYPING)
        events.subscribe(ConversationChanged, self._changed)
        events.subscribe(Typing, self._typing)

    async def _changed(self, tx: Transaction, event: ConversationChanged) -> None:
        self._streams.tell(tx, CONVERSATION, [event.conversation_id, event.account_id])

    async def _typing(self, tx: Transaction, event: Typing) -> None:
        self._streams.tell(tx, TYPING, [event.account_id, *event.people])

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

    async def typing(
        self, tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        """See ``service.Source``."""
        here = watching.of(TYPING)
        dispatches = []
        for who, *people in dict.fromkeys(tuple(hint) for _, hint in hints):
            told = _Typing(str(who), [str(one) for one in sorted({who, *people})])
            message = Message(TYPING, msgspec.json.encode(told))
            dispatches += [
                Dispatch(TYPING, one, {one: message})
                for one in people
                if one in here and not await self._bonds.blocks_between(tx, one, who)
            ]
        return dispatches
