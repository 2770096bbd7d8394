"""Answers of many posts as nearly everybody gets them, remembered while their pieces are the same.

Everybody who opens a thread, a topic or a profile gets the same bytes, and so does an app that asks
whether there is something new, as long as nothing has changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from operator import is_
from threading import Lock

MOST = 64  # answers that are remembered
LARGEST = 128 * 1024  # bytes of one of them


class Bodies:
    """The answers that were asked for last; used from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, tuple[tuple[object, ...], bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, *parts: object) -> bytes | None:
        """What was put together from the very same objects, if it is remembered."""
        found = self._known.get(key)
        if found is None or not all(map(is_, found[0], parts)):
            return None
        return found[1]

    def put(self, body: bytes, key: Hashable, *parts: object) -> None:
        """Remembers an answer and what it was put together from, unless it is very large."""
        if len(body) > LARGEST:
            return
        with self._lock:
            self._known[key] = parts, body
            self._known.move_to_end(key)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
