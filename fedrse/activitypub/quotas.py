"""How much one peer may ask of this site, counted by who it is proved to be, never by address.

Each quota is a token bucket, so a burst is possible after a rest. Members of the network and
allowed hosts have ten times as much of everything but messages. Several processes count apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Final

import structlog
from sqlalchemy import bindparam, func, select

from fedrse.activitypub.buckets import Buckets
from fedrse.activitypub.tables import inbox_message
from fedrse.core.clock import DAY, MINUTE, Clock
from fedrse.core.errors import TooMany
from fedrse.core.settings_limits import LimitSettings
from fedrse.jobs.repeating import Repeating
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

EXCEEDED: Final = "quota_exceeded"
TRUSTED: Final = 10
LOOK_EVERY: Final = 5.0  # seconds between two looks at what waits
_MEGABYTE: Final = 1024 * 1024
_SECOND: Final = 1000
_NEIGHBOURS: Final = {4: 24, 6: 48}  # bits of an address that those of one owner share
_BY_ADDRESS: Final = "address "
CROWDED: Final = Statement(
    select(inbox_message.c.host)
    .where(inbox_message.c.state.in_(["pending", "fetching", "delayed", "held"]))
    .group_by(inbox_message.c.host)
    .having(func.count() > bindparam("most"))
)
log = structlog.get_logger(__name__)


cause: ContextVar[str] = ContextVar("cause", default="")
"""Who makes this site fetch what it fetches now: a peer that is proved, or what ``knocking`` gives.

Empty: somebody of this site, or the site itself.
"""


@contextmanager
def caused_by(who: str) -> Iterator[None]:
    """What is fetched inside counts for this peer; empty: for whoever it is fetched from."""
    token = cause.set(who)
    try:
        yield
    finally:
        cause.reset(token)


def knocking(address: str) -> str:
    """Stands for whoever asks from an address, as long as nobody is proved; empty for this machine.

    Neighbours count together, since one owner has many addresses.
    """
    try:
        found = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if found.is_loopback:
        return ""  # a proxy that hides who asks: they would all count as one
    return f"{_BY_ADDRESS}{ip_network((found, _NEIGHBOURS[found.version]), strict=False)}"


def is_unproved(who: str) -> bool:
    """Whether a cause is an address only."""
    return who.startswith(_BY_ADDRESS)


class Quota(StrEnum):
    """What is counted."""

    MESSAGES = "messages"
    REQUESTS = "requests"
    FETCHES = "fetches"
    ACTORS = "actors"
    MEDIA = "media"


_SENTENCES: Final = {
    Quota.MESSAGES: "Your server sends more than this site takes in; it may go on later.",
    Quota.REQUESTS: "Your server asks for more than this site answers; it may go on later.",
    Quota.FETCHES: "Messages of this server need more of others than this site fetches.",
    Quota.ACTORS: "More people became known by this server than this site takes in a day.",
    Quota.MEDIA: "More files of this server were copied than this site takes in a day.",
}


class Quotas:
    """Counts. ``is_trusted`` knows members of the network and allowed hosts."""

    def __init__(
        self,
        *,
        settings: LimitSettings,
        clock: Clock,
        database: Database,
        is_trusted: Callable[[str], bool],
    ) -> None:
        self._enabled = settings.enabled
        self._clock = clock
        self._database = database
        self._is_trusted = is_trusted
        self._most_waiting = settings.waiting_messages
        self._sizes = {
            Quota.MESSAGES: (settings.inbox_per_minute, MINUTE),
            Quota.REQUESTS: (settings.signed_requests_per_minute, MINUTE),
            Quota.FETCHES: (settings.fetches_per_minute, MINUTE),
            Quota.ACTORS: (settings.new_actors_per_day, DAY),
            Quota.MEDIA: (settings.media_megabytes_per_day * _MEGABYTE, DAY),
        }
        self._buckets = Buckets()
        # Of these peers nothing is taken until then, because this quota is used up.
        self._spent: dict[str, tuple[int, Quota]] = {}
        self._crowded: frozenset[str] = frozenset()
        self._looking = Repeating(self._try_to_look, pause=LOOK_EVERY)

    def __call__(self, host: str) -> None:
        """Counts a message that this peer has proved to be its own. Raises TooMany."""
        if self._enabled:
            wait = self._take(Quota.MESSAGES, host, 1)
            if wait:
                # The next ones need not be proved: had they been, they would be refused as well.
                self._spent[host] = (self._clock.now() + wait, Quota.MESSAGES)
                raise _too_many(Quota.MESSAGES, wait)

    def check(self, host: str) -> None:
        """Before a message is proved. Raises TooMany where the peer has nothing left.

        Nothing is counted, so nobody can use up another's share.
        """
        if not self._enabled:
            return
        if host in self._spent:
            until, quota = self._spent[host]
            wait = until - self._clock.now()
            if wait > 0:
                raise _too_many(quota, wait)
            del self._spent[host]
        if host in self._crowded:
            raise _too_many(Quota.MESSAGES, MINUTE)

    def take(self, quota: Quota, host: str, amount: int = 1) -> None:
        """Takes so much of a quota. Raises TooMany where there is not enough left."""
        if self._enabled:
            wait = self._take(quota, host, amount)
            if wait:
                log.info("quota_exceeded", quota=quota.value, host=host)
                if quota is Quota.FETCHES:
                    # What it sends meanwhile would only wait here for its turn.
                    self._spent[host] = (self._clock.now() + wait, quota)
                raise _too_many(quota, wait)

    def require(self, quota: Quota, host: str) -> None:
        """Before something of unknown size. Raises TooMany where nothing is left."""
        if self._enabled:
            size, period = self._size(quota, host)
            left = self._buckets.level((quota, host), size, period, self._clock.now())
            if left <= 0:
                raise _too_many(quota, round((1 - left) * period / size))

    def spend(self, quota: Quota, host: str, amount: int) -> None:
        """Takes what was used already; the bucket may go into debt."""
        if self._enabled:
            size, period = self._size(quota, host)
            now, key = self._clock.now(), (quota, host)
            self._buckets.spend(key, self._buckets.level(key, size, period, now) - amount, now)

    def _take(self, quota: Quota, host: str, amount: int) -> int:
        size, period = self._size(quota, host)
        return self._buckets.take((quota, host), size, period, self._clock.now(), amount)

    def _size(self, quota: Quota, host: str) -> tuple[int, int]:
        size, period = self._sizes[quota]
        if quota is not Quota.MESSAGES and (is_unproved(host) or self._is_trusted(host)):
            size *= TRUSTED
        return size, period

    # What waits

    def start(self) -> None:
        """Begins to look now and then of which peers too much waits."""
        if self._enabled:
            self._looking.start()

    async def stop(self) -> None:
        """Ends that."""
        await self._looking.stop()

    async def look(self) -> None:
        """Finds the peers of which too much waits."""
        self._crowded = await self._database.read(_crowded, self._most_waiting)

    async def _try_to_look(self) -> None:
        try:
            await self.look()
        except Exception:
            log.exception("waiting_messages_not_counted")


async def _crowded(tx: Transaction, most: int) -> frozenset[str]:
    return frozenset(row.host for row in await tx.all(CROWDED, most=most))


def _too_many(quota: Quota, wait: int) -> TooMany:
    seconds = (wait + _SECOND - 1) // _SECOND
    return TooMany(EXCEEDED, _SENTENCES[quota], retry_after=seconds, quota=quota.value)
