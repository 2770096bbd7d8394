"""Whose turn it is among the partitions of messages, one transaction each."""

from __future__ import annotations

from collections.abc import Sequence


class Turns:
    """Every partition gets its turn before one gets a second; that together is a round.

    Only a whole round that found nothing, and began after the last hint that there is something,
    says that there is nothing: in the middle of one the hint may be about a partition whose turn
    is over.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self.left = list(names)
        """Those whose turn is still to come in this round; never empty."""
        self._found = False

    @property
    def begins(self) -> bool:
        """A round begins: no partition has had its turn."""
        return len(self.left) == len(self._names)

    def had(self, name: str, count: int) -> bool:
        """A partition had its turn, with so many messages. Returns whether to go on at once."""
        self.left = [other for other in self.left if other > name]
        self._found = self._found or count > 0
        return bool(self.left) or self.end()

    def end(self) -> bool:
        """Of those left nobody has anything, and the next round begins.

        Returns whether this one found something: then there may be more.
        """
        found, self._found = self._found, False
        self.left = list(self._names)
        return found
