"""Push subscriptions, and the key by which push services know this site."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text

from fedrse.store.schema import metadata

push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("credential", Text, nullable=False, unique=True),  # token:HASH, one per access token
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("user_key", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("standard", Boolean, nullable=False),
    Column("alerts", Text, nullable=False),  # names of those that are on, with spaces between
    Column("policy", Text, nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_push_subscription_account_id", "account_id"),
)

vapid_key = Table(
    "vapid_key",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # always 1
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
