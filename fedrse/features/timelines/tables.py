"""Home timelines: entries written when a post arrives, authors looked up when one is read.

Copying a post to every local follower would make people with many followers slow to post. So an
author with more than ``PULL_FROM`` local followers (``pulled_author``) is looked up instead, for
those who follow them (``home_source``).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from fedrse.store.schema import metadata


def _key(name: str, target: str) -> Column[int]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, primary_key=True, autoincrement=False)


home_entry = Table(
    "home_entry",
    metadata,
    _key("account_id", "account"),
    _key("post_id", "post"),
    Index("ix_home_entry_post_id", "post_id"),
    sqlite_with_rowid=False,
)

pulled_author = Table("pulled_author", metadata, _key("account_id", "account"))

home_source = Table(
    "home_source",
    metadata,
    _key("account_id", "account"),
    _key("author_id", "account"),
    Index("ix_home_source_author_id", "author_id"),
    sqlite_with_rowid=False,
)
