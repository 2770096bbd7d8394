"""Events: how a lower feature tells higher ones, inside its own transaction.

A subscriber runs in the transaction of the publisher: either both are committed or neither. So it
may only use the transaction; heavy work is a job that it enqueues. Wired in ``app``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fedrse.store.database import Transaction

E = TypeVar("E")
Subscriber = Callable[[Transaction, E], Awaitable[None]]


class Events:
    """Subscribers by event type, called in the order of subscription."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[type[Any], list[Subscriber[Any]]] = defaultdict(list)

    def subscribe(self, event_type: type[E], subscriber: Subscriber[E]) -> None:
        """Calls ``subscriber(tx, event)`` for each event of exactly this type."""
        self._subscribers[event_type].append(subscriber)

    async def publish(self, tx: Transaction, event: object) -> None:
        """Calls all subscribers; an error of one undoes the whole transaction."""
        for subscriber in self._subscribers[type(event)]:
            await subscriber(tx, event)
