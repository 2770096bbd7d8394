"""What pages of higher features need to draw posts; implemented by ``posts.pages.PostPages``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from fedrse.http.request import Request
from fedrse.store.database import Transaction
from fedrse.web.views import Person, Post, Why

Entity = dict[str, Any]


class Status(Entity):
    """A ``Status`` entity with the bytes it was read from: equal ones are drawn alike."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        super().__init__(msgspec.json.decode(raw))
        self.raw = raw


class Drawing(Protocol):
    """Reads entities inside a transaction, draws them outside."""

    async def read(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Entity], Entity | None]:
        """Posts in order, without those that are hidden, and the viewer's own account."""

    def cards(
        self,
        request: Request,
        statuses: list[Entity],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Post]:
        """How posts are drawn.

        Own filters for the ``context`` (home, public, account, thread) fold up or leave out.
        ``reasons``, by id, say why they stand there.
        """

    def person(self, account: Entity) -> Person:
        """How somebody is drawn."""
