"""What a job is, and what its handler may say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from fedrse.core.clock import HOUR, MINUTE, SECOND
from fedrse.store.database import Transaction

RETRY_AFTER = (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR)
"""Waiting time after the first, second, ... failure; the last one repeats."""

ATTEMPTS = 10
"""Failures until a job is given up, unless its handler was registered with another number."""


class Job(Struct, frozen=True):
    """A piece of work that is being done. ``attempt`` counts from 1; ``due_at`` when it was due."""

    id: int
    kind: str
    arguments: Mapping[str, Any]
    key: str | None
    attempt: int
    due_at: int


class GiveUp(Exception):
    """Raised by a handler: trying again makes no sense, for the reason in the message."""


class TryLater(Exception):
    """Raised by a handler: not a mistake, but not now. ``delay`` in milliseconds."""

    def __init__(self, reason: str, *, delay: int) -> None:
        super().__init__(reason)
        self.delay = delay


Handler: TypeAlias = Callable[[Job], Awaitable[None]]
"""May use the network; runs at least once: a crash after its effect runs it again."""

TransactionalHandler: TypeAlias = Callable[[Transaction, Job], Awaitable[None]]
"""Runs in the transaction that removes the job: its effect happens exactly once."""


def retry_delay(attempt: int) -> int:
    """Milliseconds to wait after this many failures (1, 2, ...)."""
    return RETRY_AFTER[min(attempt, len(RETRY_AFTER)) - 1]
