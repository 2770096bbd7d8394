"""Posts that wait for their time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata

scheduled_post = Table(
    "scheduled_post",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("scheduled_at", BigInteger, nullable=False),
    Column("draft", Text, nullable=False),  # JSON of posts.model.Draft
    Column("request_key", Text),  # Idempotency-Key
    Column("failure", Text),  # why it could not be published
    Column("created_at", BigInteger, nullable=False),
    # For a moment only, so that it can be taken back; not in lists.
    Column("undo", Boolean, nullable=False, server_default=text("false")),
    Index("ix_scheduled_post_account_id", "account_id", "id"),
    Index("uq_scheduled_post_request", "account_id", "request_key", unique=True),
)
