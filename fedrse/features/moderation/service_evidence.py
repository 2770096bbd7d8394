"""Keeps what reported posts said, so that deleting them destroys no evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from fedrse.features.moderation import queries
from fedrse.features.moderation.model import Exhibit
from fedrse.store.database import Transaction


async def keep(tx: Transaction, report_id: int, post_ids: Sequence[int]) -> None:
    """Copies the text of posts, and what their files were said to show."""
    if not post_ids:
        return
    files: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    for row in await tx.all(queries.FILES, ids=list(post_ids)):
        files[row.post_id].append({"kind": row.kind, "description": row.description})
    rows = [
        {
            "report_id": report_id,
            "post_id": row.id,
            "uri": row.uri,
            "audience": row.audience,
            "summary": row.summary,
            "content": row.content,
            "files": json.dumps(files[row.id], ensure_ascii=False),
            "created_at": row.created_at,
        }
        for row in await tx.all(queries.TO_KEEP, ids=list(post_ids))
    ]
    await tx.many(queries.ADD_EVIDENCE, rows)


async def of_reports(tx: Transaction, ids: Sequence[int]) -> dict[int, list[Exhibit]]:
    """What was kept, by report; reports without any are left out."""
    found: dict[int, list[Exhibit]] = {}
    for row in await tx.all(queries.EVIDENCE, ids=list(ids)):
        found.setdefault(row.report_id, []).append(Exhibit(*row))
    return found


async def sweep(tx: Transaction, before: int) -> int:
    """Forgets what belongs to reports that were closed before (milliseconds)."""
    return await tx.run(queries.DROP_EVIDENCE, before=before)
