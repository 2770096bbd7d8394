"""The names of tags: the one place beside posts that may make one."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.core.ids import IdMaker
from fedrse.core.text import fold_hashtag
from fedrse.features.posts import queries
from fedrse.store.database import Transaction


async def ensure_tags(tx: Transaction, ids: IdMaker, names: Sequence[str]) -> dict[str, int]:
    """Ids of tags by their folded names; those that nobody used before are made.

    ``names`` are valid (``core.text.hashtag_name``) and as somebody wrote them.
    """
    wanted = {fold_hashtag(name): name for name in names}
    for folded in sorted(wanted):
        await tx.run(queries.ADD_TAG, id=ids.new(), name=folded, display=wanted[folded])
    rows = await tx.all(queries.TAG_IDS, names=list(wanted))
    return {row.name: row.id for row in rows}
