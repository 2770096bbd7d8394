"""Notifications and how far a person has read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

notification = Table(
    "notification",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # mention status reblog follow follow_request favourite..
    Column("from_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE")),
    Column("once", Text, nullable=False, unique=True),  # same event, same key: never told twice
    Column("created_at", BigInteger, nullable=False),
    Index("ix_notification_account_id", "account_id", "id"),
    Index("ix_notification_from_id", "from_id"),
    Index("ix_notification_post_id", "post_id"),
)

marker = Table(
    "marker",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("timeline", Text, primary_key=True),  # home, notifications
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
