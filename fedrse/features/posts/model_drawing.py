"""What pages of higher features need to draw posts; implemented by ``posts.pages.PostPages``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from fedrse.core.clock import from_iso
from fedrse.core.json_pieces import JsonPieces
from fedrse.core.ports import Protocol
from fedrse.http.pieces import Piece
from fedrse.http.request import Request
from fedrse.store.database import Transaction
from fedrse.web.faces import face_of
from fedrse.web.views import Person, Post, Why

Entity = dict[str, Any]
MOST_KEPT: Final = 1000  # in each of two generations; a status, about ten kilobytes, is there twice


class Status(Entity):
    """A ``Status`` entity with the bytes it was read from: equal ones are drawn alike.

    Of a share, ``author`` (an id), ``published`` and ``has_poll`` are those of the post.
    ``cards`` is how it was drawn, by what that depends on.
    """

    __slots__ = ("author", "cards", "has_poll", "is_filtered", "published", "raw")

    def __init__(self, raw: bytes) -> None:
        super().__init__(msgspec.json.decode(raw))
        self.raw = raw
        shown = self["reblog"] or self
        self.author: str = shown["account"]["id"]
        self.published: int = from_iso(shown["created_at"])
        self.has_poll: bool = shown["poll"] is not None
        self.is_filtered = bool(shown.get("filtered") or self.get("filtered"))
        self.cards: dict[object, Card] = {}


class Statuses:
    """Statuses that were read already; shared, so nobody changes one. Used from several threads.

    They are known by the pieces of their JSON, which are the same objects as long as nothing
    changes: that is quicker than to compare two kilobytes of each post. An author changes with each
    post, in numbers that cards do not show: then what was read before is taken, too.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._young: dict[object, tuple[JsonPieces, Status]] = {}
        self._old: dict[object, tuple[JsonPieces, Status]] = {}

    def of(self, pieces: JsonPieces, author: Entity) -> Status:
        """What these pieces say together; numbers of the author may be older."""
        if len(pieces) == 1:
            return self._take(pieces[0]) or self._keep(pieces[0], pieces)
        # No other object gets the id of one that is kept here.
        key = tuple(map(id, pieces))
        found = self._take(key)
        if found is None:
            alike = (key[0], key[-1], face_of(author))
            known = self._take(alike) or self._keep(alike, pieces)
            found = self._keep(key, pieces, known)
        return found

    def _take(self, key: object) -> Status | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self._young[key] = found
        return found[1]

    def _keep(self, key: object, pieces: JsonPieces, known: Status | None = None) -> Status:
        status = known or Status(b"".join(pieces))
        self._young[key] = pieces, status
        if len(self._young) >= self._most:
            self._young, self._old = {}, self._young
        return status


class Card(msgspec.Struct, frozen=True):
    """A post as it stands on a page: the id of its entry, and HTML."""

    key: str
    html: list[Piece]


class Drawing(Protocol):
    """Reads entities inside a transaction, draws them outside."""

    async def read(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Entity], Entity | None]:
        """Posts in order, without those that are hidden, and the viewer's own account."""

    def cards(
        self,
        request: Request,
        statuses: Sequence[Entity],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Post]:
        """How posts are drawn.

        Own filters for the ``context`` (home, public, account, thread) fold up or leave out.
        ``reasons``, by id, say why they stand there.
        """

    async def recall(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Status], Entity | None]:
        """``read`` for ``drawn``: statuses that were read before are not read again."""

    def drawn(
        self,
        request: Request,
        statuses: Sequence[Status],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Card]:
        """The same as HTML, mostly from memory; for ``Renderer.render_around``."""

    def person(self, account: Entity) -> Person:
        """How somebody is drawn."""
