"""Followed tags, and tags that people show on their profile."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _account() -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", BigInteger, key, nullable=False)


def _tag() -> Column[int]:
    return Column("tag_id", BigInteger, ForeignKey("tag.id", ondelete="CASCADE"), nullable=False)


tag_follow = Table(
    "tag_follow",
    metadata,
    _id(),
    _account(),
    _tag(),
    Column("created_at", BigInteger, nullable=False),
    Index("uq_tag_follow_pair", "account_id", "tag_id", unique=True),
    Index("ix_tag_follow_tag_id", "tag_id"),
)

featured_tag = Table(
    "featured_tag",
    metadata,
    _id(),
    _account(),
    _tag(),
    Column("display", Text, nullable=False),  # as this person writes it
    Column("url", Text),  # of other sites: their page
    Column("created_at", BigInteger, nullable=False),
    Index("uq_featured_tag_pair", "account_id", "tag_id", unique=True),
    Index("ix_featured_tag_tag_id", "tag_id"),
)

featured_tags_fetch = Table(
    "featured_tags_fetch",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("fetched_at", BigInteger, nullable=False),
)
