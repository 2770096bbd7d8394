"""Reports of the year that people asked for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from fedrse.store.schema import metadata

annual_report = Table(
    "annual_report",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    Column("data", Text, nullable=False),  # JSON
    Column("created_at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
)
