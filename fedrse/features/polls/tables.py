"""Polls and votes; a poll extends its post one to one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata

poll = Table(
    "poll",
    metadata,
    Column(
        "post_id",
        BigInteger,
        ForeignKey("post.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("multiple", Boolean, nullable=False, server_default=text("false")),
    Column("hide_totals", Boolean, nullable=False, server_default=text("false")),
    Column("options", Text, nullable=False),  # JSON [{"title": str, "votes": int}]
    Column("voters_count", BigInteger),  # NULL: the author's site does not tell
    Column("closes_at", BigInteger),
    Column("closed_at", BigInteger),
    Index("ix_poll_closes_at", "closes_at"),
)

poll_vote = Table(
    "poll_vote",
    metadata,
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("option", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
