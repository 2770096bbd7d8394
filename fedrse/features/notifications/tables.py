"""Notifications and how far a person has read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

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
    Column("group_key", Text, nullable=False),  # notifications that are shown as one
    Column("filtered", Boolean, nullable=False, server_default=text("false")),  # waits: a request
    Column("report_id", BigInteger, ForeignKey("report.id", ondelete="CASCADE")),
    Column("extra", Text),  # JSON: more attributes that apps get, by name
    Index("ix_notification_account_id", "account_id", "id"),
    # With all that decides who is shown in a group.
    Index("ix_notification_group", "account_id", "group_key", "id", "from_id", "filtered"),
    Index("ix_notification_from_id", "from_id"),
    Index("ix_notification_post_id", "post_id"),
)

# Whose notifications wait until they are asked for; no row: nobody's.
notification_policy = Table(
    "notification_policy",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("for_not_following", Text, nullable=False),  # accept filter drop
    Column("for_not_followers", Text, nullable=False),
    Column("for_new_accounts", Text, nullable=False),
    Column("for_private_mentions", Text, nullable=False),
    Column("for_limited_accounts", Text, nullable=False),
)

# Somebody whose notifications wait.
notification_request = Table(
    "notification_request",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("from_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("last_post_id", BigInteger, ForeignKey("post.id", ondelete="SET NULL")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("uq_notification_request_pair", "account_id", "from_id", unique=True),
    Index("ix_notification_request_from_id", "from_id"),
    Index("ix_notification_request_last_post_id", "last_post_id"),
)

# Whose notifications never wait.
notification_permission = Table(
    "notification_permission",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("from_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_notification_permission_from_id", "from_id"),
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
