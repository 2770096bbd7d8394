"""The queue of work that must follow, and leases that keep processes apart."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from fedrse.store.schema import metadata

job = Table(
    "job",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON object
    Column("key", Text, unique=True),  # at most one waiting job per key
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("failed_at", BigInteger),  # gave up; kept for `queue show` and retry
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_job_due", "failed_at", "due_at"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
