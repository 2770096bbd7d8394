"""Posts whose words are not indexed yet.

The index itself (``post_words``) is made of what each database searches best: FTS5 on SQLite, a
``tsvector`` on PostgreSQL; see the migration and ``queries``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from fedrse.store.schema import metadata

search_pending = Table(
    "search_pending",
    metadata,
    Column(
        "post_id",
        BigInteger,
        ForeignKey("post.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)
