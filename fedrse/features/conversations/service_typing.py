"""Who types in which chat right now: told to open pages of this site, and stored nowhere."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from fedrse.core.clock import SECOND, Clock
from fedrse.features.conversations.model_events import Typing
from fedrse.store.database import Transaction
from fedrse.store.events import Events

AT_MOST_EVERY: Final = 2 * SECOND
MOST_PEOPLE: Final = 50  # who are told; larger chats are not
MOST_REMEMBERED: Final = 2_000


class TypingSigns:
    """Passes signs on, for each person and chat at most one every two seconds."""

    def __init__(self, *, clock: Clock, events: Events) -> None:
        self._clock = clock
        self._events = events
        self._last: OrderedDict[tuple[int, int], int] = OrderedDict()

    def is_due(self, who: int, chat: int) -> bool:
        """Whether a sign of this person in this chat is worth passing on; notes that it came."""
        now, place = self._clock.now(), (who, chat)
        if now - self._last.get(place, now - AT_MOST_EVERY) < AT_MOST_EVERY:
            return False
        self._last[place] = now
        self._last.move_to_end(place)
        if len(self._last) > MOST_REMEMBERED:
            self._last.popitem(last=False)
        return True

    def ends(self, who: int, chat: int) -> None:
        """The message was sent: the next sign is about another one."""
        self._last.pop((who, chat), None)

    async def tell(self, tx: Transaction, who: int, people: Sequence[int]) -> None:
        """Tells these people, as far as they look."""
        if 0 < len(people) <= MOST_PEOPLE:
            await self._events.publish(tx, Typing(who, tuple(people)))
