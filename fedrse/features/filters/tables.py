"""Filters with their keywords and posts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _of(name: str, target: str) -> Column[int]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, nullable=False)


content_filter = Table(
    "content_filter",
    metadata,
    _id(),
    _of("account_id", "account"),
    Column("title", Text, nullable=False),
    Column("context", Text, nullable=False),  # names with spaces between
    Column("action", Text, nullable=False),  # warn hide blur
    Column("expires_at", BigInteger),
    Index("ix_content_filter_account_id", "account_id", "id"),
)

filter_keyword = Table(
    "filter_keyword",
    metadata,
    _id(),
    _of("filter_id", "content_filter"),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
    Index("ix_filter_keyword_filter_id", "filter_id", "id"),
)

filter_post = Table(
    "filter_post",
    metadata,
    _id(),
    _of("filter_id", "content_filter"),
    _of("post_id", "post"),
    Index("uq_filter_post_pair", "filter_id", "post_id", unique=True),
    Index("ix_filter_post_post_id", "post_id"),
)
