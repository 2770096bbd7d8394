"""The ledger: what crossed the border, and what did not, without content."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from fedrse.store.schema import metadata

policy_ledger = Table(
    "policy_ledger",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # begins with its time
    Column("ends_at", BigInteger, nullable=False),  # when the last entry was noted
    Column("entries", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),  # see model_ledger
)
