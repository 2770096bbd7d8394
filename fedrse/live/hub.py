"""Publish and subscribe: what is shown without reloading.

A message is a hint, sent after commit and perhaps lost: it says that something happened (``update
115898292633600000``), readers fetch what they may see. Between processes it travels by the
database's notifications.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec
import structlog
from msgspec import Struct

from fedrse.store.database import Database, Transaction

CHANNEL = "live"
QUEUE_LENGTH = 200
LONGEST_NOTIFICATION = 7000  # bytes; PostgreSQL carries less than 8,000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
log = structlog.get_logger(__name__)


class Message(Struct, frozen=True):
    """``payload`` as published; ``lost`` counts messages dropped before this one."""

    channel: str
    payload: str
    lost: int = 0


class Subscription:
    """Messages of some channels, in order; iterate over it. A slow reader loses the oldest."""

    def __init__(self, hub: Hub, channels: Iterable[str], length: int = QUEUE_LENGTH) -> None:
        self._hub = hub
        self._channels = set(channels)
        self._waiting: deque[Message] = deque(maxlen=length)
        self._lost = 0
        self._ready = asyncio.Event()
        self._closed = False
        hub.add(self, self._channels)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        message = self._waiting.popleft()
        if self._lost:
            message = Message(message.channel, message.payload, self._lost)
            self._lost = 0
        return message

    def waiting(self) -> list[Message]:
        """Takes all messages that wait already, without waiting for more."""
        found = list(self._waiting)
        self._waiting.clear()
        return found

    def listen_to(self, channel: str) -> None:
        """Adds a channel."""
        if not self._closed and channel not in self._channels:
            self._channels.add(channel)
            self._hub.add(self, (channel,))

    def leave(self, channel: str) -> None:
        """Removes a channel."""
        if channel in self._channels:
            self._channels.discard(channel)
            self._hub.remove(self, (channel,))

    def close(self) -> None:
        """Ends the iteration after what waits already."""
        self._closed = True
        self._hub.remove(self, self._channels)
        self._ready.set()

    def put(self, message: Message) -> None:
        """Called by the hub."""
        if len(self._waiting) == self._waiting.maxlen:
            self._lost += 1
        self._waiting.append(message)
        self._ready.set()


class Hub:
    """Carries messages from transactions to subscriptions in all processes of the site."""

    def __init__(self, database: Database) -> None:
        self._subscriptions: dict[str, set[Subscription]] = {}
        database.listen(CHANNEL, self._received)

    def subscribe(self, *channels: str, length: int = QUEUE_LENGTH) -> Subscription:
        """Begins to collect up to ``length`` messages; ``close`` the subscription in the end."""
        return Subscription(self, channels, length)

    def publish(self, tx: Transaction, channels: Sequence[str], payload: str) -> None:
        """Sends ``payload`` to all these channels once the transaction is committed.

        The payload has to be short (under 5,000 bytes): a hint, not the thing itself. ValueError
        if it is longer.
        """
        room = LONGEST_NOTIFICATION - len(_encode(payload))
        if room < 2000:
            raise ValueError("a live message must be short")
        group: list[str] = []
        used = 0
        for channel in channels:
            size = len(_encode(channel)) + 2
            if group and used + size > room:
                tx.notify(CHANNEL, _encode([group, payload]).decode())
                group, used = [], 0
            group.append(channel)
            used += size
        if group:
            tx.notify(CHANNEL, _encode([group, payload]).decode())

    def is_watched(self, channel: str) -> bool:
        """Whether somebody in this process listens."""
        return channel in self._subscriptions

    def add(self, subscription: Subscription, channels: Iterable[str]) -> None:
        """Called by subscriptions."""
        for channel in channels:
            self._subscriptions.setdefault(channel, set()).add(subscription)

    def remove(self, subscription: Subscription, channels: Iterable[str]) -> None:
        """Called by subscriptions."""
        for channel in channels:
            members = self._subscriptions.get(channel)
            if members is not None:
                members.discard(subscription)
                if not members:
                    del self._subscriptions[channel]

    def _received(self, notification: str) -> None:
        channels, payload = _decode(notification)
        for channel in channels:
            for subscription in tuple(self._subscriptions.get(channel, ())):
                subscription.put(Message(channel, payload))
