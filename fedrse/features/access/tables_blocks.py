"""Who may not sign up: domains of mail, addresses of mail by hash, addresses of the network."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from fedrse.store.schema import metadata

email_domain_block = Table(
    "email_domain_block",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("domain", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

# Who tried to sign up with mail of a blocked domain, kept for a week.
email_domain_attempt = Table(
    "email_domain_attempt",
    metadata,
    Column(
        "block_id",
        BigInteger,
        ForeignKey("email_domain_block.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("day", BigInteger, primary_key=True, autoincrement=False),  # since 1970
    Column("address", Text, primary_key=True),  # of the network; "" for those above the most
    Column("uses", BigInteger, nullable=False),
)

canonical_email_block = Table(
    "canonical_email_block",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("canonical_email_hash", Text, nullable=False, unique=True),  # SHA-256
)

ip_block = Table(
    "ip_block",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("ip", Text, nullable=False, unique=True),  # a range, CIDR
    Column("severity", Text, nullable=False),  # sign_up_requires_approval sign_up_block no_access
    Column("comment", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)
