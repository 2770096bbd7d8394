"""Home timelines, written when a post arrives.

Authors with many local followers (``account.local_followers_count``) are not copied to each of
them but looked up when a home timeline is read.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from fedrse.store.schema import metadata

home_entry = Table(
    "home_entry",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_home_entry_post_id", "post_id"),
    sqlite_with_rowid=False,
)
