"""What is known of the marks of viewers on the posts of one answer, until they make others.

Whoever looks whether there is something new has mostly liked, shared and blocked nothing since. The
query for all that is the dearest of a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fedrse.features.posts.queries_marks import ForOne
from fedrse.store.database import Row, Transaction

MOST = 128  # viewers


class Facts:
    """The rows of ``queries_marks`` for the viewers of one answer; used from several threads."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, ForOne], tuple[int, Sequence[Row]]] = {}

    async def get(
        self, tx: Transaction, viewer_id: int, marks: ForOne, sought: Mapping[str, Any]
    ) -> Sequence[Row]:
        """The marks of a viewer on what is sought, which is the same as long as the posts are."""
        watch = None if marks.interest is None else tx.watch(marks.interest)
        key = viewer_id, marks
        known = self._known.get(key)
        if watch is not None and known is not None and watch.is_unchanged(viewer_id, known[0]):
            return known[1]
        rows = await marks.rows(tx, viewer_id, sought)
        if watch is not None and tx.snapshot is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = tx.snapshot, rows
        return rows
