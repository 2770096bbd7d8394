"""Home timelines: entries written when a post arrives, authors looked up when one is read.

Copying a post to every local follower would make people with many followers slow to post. So what
an author with many local followers writes goes once into ``pulled_post``, and is looked up for
those who follow them (``home_source``). Both ways show the same: a test compares them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from fedrse.store.schema import metadata, partial_index


def _key(name: str, target: str) -> Column[int]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, primary_key=True, autoincrement=False)


def _boost() -> tuple[Column[int], Column[int]]:
    """What an entry shares and who wrote that; NULL where it is no boost."""
    return Column("boost_of_id", BigInteger), Column("boost_author_id", BigInteger)


_BOOSTS = "boost_of_id IS NOT NULL"

home_entry = Table(
    "home_entry",
    metadata,
    _key("account_id", "account"),  # who reads it
    _key("post_id", "post"),
    *_boost(),
    Index("ix_home_entry_post_id", "post_id"),
    partial_index("ix_home_entry_boost_of_id", "account_id", "boost_of_id", where=_BOOSTS),
    sqlite_with_rowid=False,
)

pulled_author = Table("pulled_author", metadata, _key("account_id", "account"))

pulled_post = Table(
    "pulled_post",
    metadata,
    _key("account_id", "account"),  # who wrote or shared it
    _key("post_id", "post"),
    *_boost(),
    Column("arrived", BigInteger, nullable=False),  # an id of the moment it came
    Index("ix_pulled_post_post_id", "post_id"),
    partial_index("ix_pulled_post_boost_of_id", "boost_of_id", where=_BOOSTS),
    sqlite_with_rowid=False,
)

home_source = Table(
    "home_source",
    metadata,
    _key("account_id", "account"),  # who reads
    _key("author_id", "account"),
    Column("since", BigInteger, nullable=False),  # an id: later arrivals are shown
    Index("ix_home_source_author_id", "author_id"),
    sqlite_with_rowid=False,
)
