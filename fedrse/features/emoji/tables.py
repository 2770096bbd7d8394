"""Custom emoji of this and other sites."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from fedrse.store.schema import metadata

emoji = Table(
    "emoji",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("shortcode", Text, nullable=False),
    Column("host", Text, nullable=False),  # "" for ours
    Column("uri", Text),
    Column("url", Text, nullable=False),  # blob key or remote address
    Column("category", Text, nullable=False, server_default=""),
    Column("visible", Boolean, nullable=False, server_default=text("true")),
    Column("updated_at", BigInteger, nullable=False),
    Index("uq_emoji_name", "host", "shortcode", unique=True),
)
