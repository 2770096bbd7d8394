"""Reports, from people here and (as Flag) from other sites."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata

report = Table(
    "report",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),  # id of the Flag
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("posts", Text, nullable=False, server_default="[]"),  # JSON list of URIs
    Column("comment", Text, nullable=False, server_default=""),
    Column("category", Text, nullable=False, server_default="other"),
    Column("forwarded", Boolean, nullable=False, server_default=text("false")),
    Column("local", Boolean, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("created_at", BigInteger, nullable=False),
    Column("rules", Text, nullable=False, server_default="[]"),  # JSON list of ids, as text
    Column("collections", Text, nullable=False, server_default="[]"),  # the same
    Index("ix_report_target_id", "target_id"),
)
