"""A conversation as one of its people sees it."""

from __future__ import annotations

from msgspec import Struct, json


class Conversation(Struct, frozen=True, gc=False):
    """A row of ``conversation``: same names, same order.

    ``participants_json`` holds the ids of the others, ascending; nobody else: a note to oneself.
    """

    id: int
    account_id: int
    thread_id: int
    participants_json: str
    last_post_id: int
    unread: bool

    @property
    def people(self) -> list[int]:
        """The others, or the person alone."""
        others: list[int] = json.decode(self.participants_json, type=list[int])
        return others or [self.account_id]
