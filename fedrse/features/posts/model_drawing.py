"""What pages of higher features need to draw posts; implemented by ``posts.pages.PostPages``."""

from __future__ import annotations

from typing import Any, Protocol

from fedrse.http.request import Request
from fedrse.store.database import Transaction
from fedrse.web.views import Person, Post

Entity = dict[str, Any]


class Drawing(Protocol):
    """Reads entities inside a transaction, draws them outside."""

    async def read(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Entity], Entity | None]:
        """Posts in order, without those that are hidden, and the viewer's own account."""

    def cards(self, request: Request, statuses: list[Entity], context: str = "") -> list[Post]:
        """How posts are drawn.

        Own filters for the ``context`` (home, public, account, thread) fold up or leave out.
        """

    def person(self, account: Entity) -> Person:
        """How somebody is drawn."""
