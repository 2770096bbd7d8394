"""Messages that came in, and messages that go out with one schedule per host."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)

from fedrse.store.schema import metadata, partial_index

inbox_message = Table(
    "inbox_message",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # order of arrival
    Column("actor", Text, nullable=False),  # URI, proved by the signature
    Column("host", Text, nullable=False),
    Column("activity_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", LargeBinary),  # as received; dropped after the retention time
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the body
    # pending fetching done ignored refused failed; delayed or held (quarantine) by a rule
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", BigInteger, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("partition", BigInteger, nullable=False),  # by actor: one process at a time each
    Column("received_at", BigInteger, nullable=False),
    Column("policy", Text),  # JSON: what rules made of it; NULL: nothing
    Index("uq_inbox_message_activity", "activity_id", "actor", unique=True),
    Index("ix_inbox_message_state", "state", "partition", "id"),
)

activity = Table(
    "activity",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("object_uri", Text, nullable=False),  # Updates of one object replace each other
    Column("sender_id", BigInteger, nullable=False),  # account that signs
    Column("body", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("recipients", Text),  # JSON; NULL once expanded to deliveries
    partial_index("ix_activity_waiting", "sender_id", "id", where="recipients IS NOT NULL"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # order
    Column(
        "activity_id", BigInteger, ForeignKey("activity.id", ondelete="CASCADE"), nullable=False
    ),
    Column("host", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("sender_id", BigInteger, nullable=False),
    Column("object_uri", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False, server_default="0"),
    Column("failed_at", BigInteger),  # final; kept for `queue show`
    Column("error", Text, nullable=False, server_default=""),
    Column("expires_at", BigInteger, nullable=False),
    # An admin has let it go: no quarantine holds it again.
    Column("released", Boolean, nullable=False, server_default=text("false")),
    Index("ix_delivery_host", "host", "failed_at", "id"),
    Index("ix_delivery_activity_id", "activity_id"),
    Index("ix_delivery_object", "object_uri", "type"),
)

# What a rule holds back: in quarantine, or until its time has come.
held_delivery = Table(
    "held_delivery",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "activity_id", BigInteger, ForeignKey("activity.id", ondelete="CASCADE"), nullable=False
    ),
    Column("host", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("sender_id", BigInteger, nullable=False),
    Column("object_uri", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("policy", Text, nullable=False),  # JSON: which rules, and why
    Column("held_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # NULL: until an admin decides
    Index("ix_held_delivery_due_at", "due_at"),
    Index("ix_held_delivery_object", "object_uri", "sender_id"),
    Index("ix_held_delivery_activity_id", "activity_id"),
)

destination = Table(
    "destination",
    metadata,
    Column("host", Text, primary_key=True),
    Column("due_at", BigInteger),  # next time something may be sent; NULL: nothing waits
    Column("failures", BigInteger, nullable=False, server_default="0"),  # in a row
    Column("lease_owner", Text),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("scheme", Text),  # cavage, rfc9421-rsa, rfc9421-ed25519: what worked
    Column("scheme_at", BigInteger),
    Column("last_success_at", BigInteger),
    Column("last_failure_at", BigInteger),
    Column("last_error", Text, nullable=False, server_default=""),
    Index("ix_destination_due_at", "due_at"),
)
