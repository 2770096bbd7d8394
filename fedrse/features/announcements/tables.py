"""Announcements, who has put them away, reactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata


def _announcement() -> Column[int]:
    key = ForeignKey("announcement.id", ondelete="CASCADE")
    return Column("announcement_id", BigInteger, key, primary_key=True)


def _account() -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", BigInteger, key, primary_key=True)


announcement = Table(
    "announcement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("all_day", Boolean, nullable=False, server_default=text("false")),
    Column("published_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("must_read", Boolean, nullable=False, server_default=text("false")),
    Column("hosts", Text, nullable=False, server_default=text("'[]'")),  # JSON: other sites
    Column("host", Text),  # of whom it came, if from another site
    Column("uri", Text, unique=True),  # its id there
    Column("html", Text, nullable=False, server_default=text("''")),  # clean; only from elsewhere
    Column("here", Boolean, nullable=False, server_default=text("true")),
    Column("units", Text, nullable=False, server_default=text("'[]'")),  # JSON: as written
)

# What other sites told about own announcements: numbers only.
announcement_total = Table(
    "announcement_total",
    metadata,
    _announcement(),
    Column("host", Text, primary_key=True),
    Column("delivered", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
)

announcement_read = Table(
    "announcement_read",
    metadata,
    _announcement(),
    _account(),
    Column("confirmed_at", BigInteger),  # somebody said that they have read it
    Index("ix_announcement_read_account_id", "account_id"),
)

announcement_reaction = Table(
    "announcement_reaction",
    metadata,
    _announcement(),
    Column("name", Text, primary_key=True),
    _account(),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_announcement_reaction_account_id", "account_id"),
)
