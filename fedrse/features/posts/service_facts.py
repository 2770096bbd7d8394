"""What is known of the marks of viewers on the posts of one answer, until they make others.

Whoever looks whether there is something new has mostly liked, shared and blocked nothing since. The
query for all that is the dearest of a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fedrse.core.json_pieces import JsonPieces
from fedrse.features.posts.queries_marks import ForOne
from fedrse.store.database import Row, Transaction

MOST = 64  # viewers


class Known:
    """The rows of ``queries_marks`` for a viewer, as a transaction with this snapshot saw them.

    ``pieces`` are the posts as they are for this viewer; who puts them together keeps them here.
    """

    __slots__ = ("pieces", "rows", "since")

    def __init__(self, rows: Sequence[Row], since: int) -> None:
        self.rows = rows
        self.since = since
        self.pieces: dict[int, JsonPieces] | None = None


class Facts:
    """What is known for the viewers of one answer; used from several threads."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, ForOne], Known] = {}

    async def get(
        self, tx: Transaction, viewer_id: int, marks: ForOne, sought: Mapping[str, Any]
    ) -> Known:
        """The marks of a viewer on what is sought, which is the same as long as the posts are."""
        watch = tx.watch(marks.interest)
        key = viewer_id, marks
        known = self._known.get(key)
        if watch is not None and known is not None and watch.is_unchanged(viewer_id, known.since):
            return known
        known = Known(await marks.rows(tx, viewer_id, sought), tx.snapshot or 0)
        if watch is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = known
        return known
