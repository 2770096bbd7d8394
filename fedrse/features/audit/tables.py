"""The log, and where its chain ends."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from fedrse.store.schema import metadata

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_origin", Text, nullable=False),  # audit.model.Origin
    # Text and no keys: the log outlives whom and what it names.
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("target_name", Text, nullable=False),
    Column("before", Text, nullable=False),  # canonical JSON
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("previous", Text, nullable=False),  # SHA-256 in hexadecimal
    Column("hash", Text, nullable=False),
    Index("ix_audit_entry_act_number", "act", "number"),
    Index("ix_audit_entry_actor_id_number", "actor_id", "number"),
    Index("ix_audit_entry_target_id_number", "target_id", "number"),
)

# The settings with which the site was started last, to tell what was changed meanwhile.
audit_setting = Table(
    "audit_setting",
    metadata,
    Column("name", Text, primary_key=True),  # outgoing.timeout
    Column("value", Text, nullable=False),  # JSON; of secrets a keyed hash
)

# Where the logs of other sites ended when they were asked, as they signed it.
audit_witness = Table(
    "audit_witness",
    metadata,
    Column("host", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON with its proof
    Column("fits", Boolean, nullable=False),  # what the site told before
    Index("ix_audit_witness_host_at", "host", "at"),
)

# One row: whoever writes an entry locks it, so that the chain never forks.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
