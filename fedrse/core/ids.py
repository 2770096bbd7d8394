"""Ids: 64-bit integers that grow with time, shown as decimal strings.

48 bits of milliseconds since 1970, then 16 bits that make ids of one millisecond distinct: for the
present, 4 bits of node and a 12-bit counter; for the past (back-filled posts), random ones.
"""

from __future__ import annotations

import random
import threading

from fedrse.core.clock import SECOND, Clock

_random = random.Random()  # noqa: S311  (keeps ids apart; nobody has to be unable to guess them)

EARLIEST = 631_152_000_000  # 1990-01-01, older dates are mistakes


class IdMaker:
    """Makes ids; one per process, ``node`` (0..15) differs between processes of one database.

    Safe to use from several threads: units of work run on the database's.
    """

    def __init__(self, clock: Clock, node: int = 0) -> None:
        self._clock = clock
        self._node = node & 0xF
        self._last = 0
        self._counter = 0
        self._lock = threading.Lock()

    def new(self) -> int:
        """An id of now; strictly growing within this process."""
        with self._lock:
            now = max(self._clock.now(), self._last)
            if now == self._last:
                self._counter += 1
                if self._counter > 0xFFF:
                    now, self._counter = now + 1, 0
            else:
                self._counter = 0
            self._last = now
            return now << 16 | self._node << 12 | self._counter

    def at(self, milliseconds: int) -> int:
        """An id for something published at that time, clamped to [1990, now].

        Many servers publish whole seconds: those get random milliseconds, so that a busy second
        has room for its ids.
        """
        moment = min(max(milliseconds, EARLIEST), self._clock.now())
        if moment % SECOND == 0:
            moment = max(min(moment + _random.randrange(SECOND), self._clock.now()), moment)
        return moment << 16 | _random.getrandbits(16)


def time_of(identifier: int) -> int:
    """Milliseconds since 1970 at which this id was made."""
    return identifier >> 16


def first_of(milliseconds: int) -> int:
    """The lowest id of that time; what was made later has higher ones."""
    return milliseconds << 16


def parse_id(text: str | None) -> int | None:
    """The id behind its decimal string, None for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    value = int(text)
    return value if value < 1 << 63 else None
