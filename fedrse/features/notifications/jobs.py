"""What commands tell people reaches open apps and phones, too.

A command has no streams and no push services. It notes each notification as a job in the same
transaction; the site takes it a moment later, as if the notification were new just then.
"""

from __future__ import annotations

from msgspec import convert
from msgspec.structs import asdict

from fedrse.features.notifications.model_events import Notified
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Transaction
from fedrse.store.events import Events

ANNOUNCE = "notifications.announce"


class NewsOfCommands:
    """``hear`` in commands, ``register`` where the site is served."""

    def __init__(self, *, queue: Queue, events: Events) -> None:
        self._queue = queue
        self._events = events

    def hear(self) -> None:
        """Notes what this process tells people."""
        self._events.subscribe(Notified, self._note)

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this module."""
        runner.handle_in_transaction(ANNOUNCE, self.announce)

    async def _note(self, tx: Transaction, event: Notified) -> None:
        await self._queue.enqueue(tx, ANNOUNCE, asdict(event))

    async def announce(self, tx: Transaction, job: Job) -> None:
        """Tells streams and push of a notification; one that is gone is told to nobody."""
        await self._events.publish(tx, convert(job.arguments, Notified))
