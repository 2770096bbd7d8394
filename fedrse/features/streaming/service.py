"""The open streams of this process, and how events reach them.

Whoever publishes an event calls ``tell`` in its transaction: a hint with ids, carried by ``live``
to all processes after commit. Each process asks the ``Source`` of the event what its own viewers
get, for all of them in one read, and writes it to their connections.

To add an event: register a source under its name (``add_source``) and call ``tell``. A source for
something that is the same for everybody is three lines: see ``same_for_all``.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Final, TypeAlias

import structlog

from fedrse.core.errors import TooMany
from fedrse.features.streaming.model import (
    OWN_KINDS,
    USER,
    Dispatch,
    Listener,
    Message,
    Topic,
    Watching,
    packed,
    unpacked,
)
from fedrse.live.hub import Hub, Subscription
from fedrse.store.database import Database, Transaction

CHANNEL: Final = "streams"
MOST_PER_PERSON: Final = 100
MOST_TOPICS: Final = 200
BEAT_SECONDS: Final = 15
HINTS_KEPT: Final = 20_000
HINTS_AT_ONCE: Final = 200
SENT_AT_ONCE: Final = 250  # then other work has its turn
log = structlog.get_logger(__name__)

Hint: TypeAlias = list[int]
"""What an event is about: ids, the meaning of which its publisher and its source share."""

Source: TypeAlias = Callable[
    [Transaction, Sequence[tuple[str, Hint]], Watching], Awaitable[list[Dispatch]]
]
"""Turns hints (event and ids, in order) into messages; called with all that wait at once.

Runs in a read transaction, on a database thread: it may use nothing but its arguments.
"""

StillValid: TypeAlias = Callable[[Transaction, Sequence[str]], Awaitable[set[str]]]
"""Which credentials are still good."""


def same_for_all(
    payload: Callable[[Transaction, Hint], Awaitable[bytes | None]], kind: str = USER
) -> Source:
    """A source of an event that is the same for everybody, in the streams of one kind.

    ``payload`` answers None for what is gone meanwhile.
    """

    async def everybody(_tx: Transaction, _hint: Hint, people: Sequence[int]) -> Collection[int]:
        return people

    return same_for(everybody, payload, kind)


def same_for(
    readers: Callable[[Transaction, Hint, Sequence[int]], Awaitable[Collection[int]]],
    payload: Callable[[Transaction, Hint], Awaitable[bytes | None]],
    kind: str = USER,
) -> Source:
    """A source of an event that is the same for all who get it: ``readers`` picks them."""

    async def source(
        tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        people = watching.people(kind)
        found = []
        for event, hint in hints:
            text = await payload(tx, hint)
            if text is not None:
                message = Message(event, text)
                those = await readers(tx, hint, people)
                found.append(Dispatch(kind, None, dict.fromkeys(those, message)))
        return found

    return source


class Streams:
    """Registers connections, and carries events to them."""

    def __init__(self, *, database: Database, hub: Hub, still_valid: StillValid) -> None:
        self._database = database
        self._hub = hub
        self._still_valid = still_valid
        self._sources: dict[str, Source] = {}
        self._watchers: defaultdict[str, dict[int | str, set[Listener]]] = defaultdict(dict)
        self._by_account: defaultdict[int, set[Listener]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []
        self._subscription: Subscription | None = None
        self._checks: set[asyncio.Task[None]] = set()

    # Publishing

    def tell(self, tx: Transaction, event: str, hint: Sequence[int]) -> None:
        """Announces an event once the transaction is committed; at most 200 ids."""
        told: tuple[str | int, ...] = (event, *hint)
        tx.gather(self._tell, told)

    async def _tell(self, tx: Transaction, hints: list[tuple[str | int, ...]]) -> None:
        for payload in packed(dict.fromkeys(hints)):
            self._hub.publish(tx, [CHANNEL], payload)

    def add_source(self, source: Source, *events: str) -> None:
        """Registers who knows what viewers get of these events."""
        for event in events:
            self._sources[event] = source

    # Connections

    def __len__(self) -> int:
        return sum(map(len, self._by_account.values()))

    def open(self, listener: Listener) -> None:
        """Registers a connection. Raises TooMany."""
        mine = self._by_account[listener.account_id]
        if len(mine) >= MOST_PER_PERSON:
            raise TooMany("too_many_streams", "Too many open streams", retry_after=60)
        mine.add(listener)

    def close(self, listener: Listener) -> None:
        """Forgets a connection and what it watched."""
        for topic in list(listener.topics):
            self.leave(listener, topic)
        mine = self._by_account.get(listener.account_id)
        if mine is not None:
            mine.discard(listener)
            if not mine:
                del self._by_account[listener.account_id]

    def watch(self, listener: Listener, topic: Topic, label: bytes) -> None:
        """Begins to send a stream to this connection. Raises TooMany."""
        if len(listener.topics) >= MOST_TOPICS and topic not in listener.topics:
            raise TooMany("too_many_subscriptions", "Too many subscriptions", retry_after=60)
        listener.topics[topic] = label
        kind, parameter = topic
        self._watchers[kind].setdefault(parameter, set()).add(listener)

    def leave(self, listener: Listener, topic: Topic) -> None:
        """Stops sending a stream to this connection."""
        if listener.topics.pop(topic, None) is None:
            return
        kind, parameter = topic
        those = self._watchers[kind][parameter]
        those.discard(listener)
        if not those:
            del self._watchers[kind][parameter]

    # Carrying

    async def start(self) -> None:
        """Begins to carry events."""
        self._subscription = self._hub.subscribe(CHANNEL, length=HINTS_KEPT)
        self._tasks = [
            asyncio.create_task(self._carry(self._subscription)),
            asyncio.create_task(self._keep()),
        ]

    async def stop(self) -> None:
        """Ends carrying; connections are closed by the server."""
        for task in (*self._tasks, *self._checks):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._checks, return_exceptions=True)
        if self._subscription is not None:
            self._subscription.close()

    async def _carry(self, subscription: Subscription) -> None:
        async for first in subscription:
            messages = [first, *subscription.waiting()]
            if not self._by_account:
                continue
            hints = [hint for message in messages for hint in unpacked(message.payload)]
            for start in range(0, len(hints), HINTS_AT_ONCE):
                few = hints[start : start + HINTS_AT_ONCE]
                try:
                    await self._carry_few(few)
                except Exception:
                    log.exception("live_events_lost", count=len(few))

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.sweep()
            except Exception:
                log.exception("streams_not_swept")

    async def _carry_few(self, hints: Iterable[tuple[str, Hint]]) -> None:
        by_source: dict[Source, list[tuple[str, Hint]]] = {}
        for event, hint in hints:
            source = self._sources.get(event)
            if source is not None:
                by_source.setdefault(source, []).append((event, hint))
        watching = self._watching()
        if by_source and watching.accounts:
            for dispatch in await self._database.read(_gather, by_source, watching):
                await self._send(dispatch)

    def _watching(self) -> Watching:
        return Watching(
            {
                kind: {
                    parameter: frozenset(one.account_id for one in those)
                    for parameter, those in watched.items()
                }
                for kind, watched in self._watchers.items()
                if watched
            }
        )

    async def _send(self, dispatch: Dispatch) -> None:
        for number, (listener, message, topic) in enumerate(self._addressed(dispatch), 1):
            listener.send(message, topic)
            if number % SENT_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _addressed(self, dispatch: Dispatch) -> list[tuple[Listener, Message, Topic]]:
        kind, parameter, messages = dispatch.kind, dispatch.parameter, dispatch.messages
        watched = self._watchers[kind]
        if parameter is not None:
            topic = (kind, parameter)
            return [
                (listener, messages[listener.account_id], topic)
                for listener in watched.get(parameter, ())
                if listener.account_id in messages
            ]
        assert kind in OWN_KINDS  # noqa: S101  (what has no parameter belongs to one person)
        return [
            (listener, message, (kind, account_id))
            for account_id, message in messages.items()
            for listener in watched.get(account_id, ())
            if message.event != "notification" or listener.hears_notifications
        ]

    # Keeping and ending

    async def sweep(self) -> None:
        """Keeps connections alive, and ends those whose token is no longer good.

        Called every few seconds: what ends a token tells so at once, but on SQLite not from other
        programs (the command line).
        """
        listeners = [one for those in self._by_account.values() for one in those]
        await self._end_invalid(listeners)
        for number, listener in enumerate(listeners):
            listener.beat()
            if number % SENT_AT_ONCE == 0:
                await asyncio.sleep(0)

    def heard_revocation(self, payload: str) -> None:
        """A token or person may no longer enter; see ``access.service_revocation``."""
        kind, _, value = payload.partition(":")
        if kind == "account":
            listeners = list(self._by_account.get(int(value), ())) if value.isdigit() else []
        else:
            everybody = (one for those in self._by_account.values() for one in those)
            listeners = [one for one in everybody if one.credential == payload]
        if listeners:
            task = asyncio.create_task(self._end_invalid(listeners))
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    async def _end_invalid(self, listeners: Sequence[Listener]) -> None:
        if not listeners:
            return
        credentials = list({one.credential for one in listeners})
        valid = await self._database.read(self._still_valid, credentials)
        for listener in listeners:
            if listener.credential not in valid:
                listener.end("The access token is no longer valid")


async def _gather(
    tx: Transaction, by_source: dict[Source, list[tuple[str, Hint]]], watching: Watching
) -> list[Dispatch]:
    found: list[Dispatch] = []
    for source, hints in by_source.items():
        found += await source(tx, hints, watching)
    return found
