"""What this site knows about other servers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from fedrse.store.schema import metadata

site = Table(
    "site",
    metadata,
    Column("host", Text, primary_key=True),  # host[:port]
    Column("origin", Text, nullable=False),
    Column("software", Text, nullable=False, server_default=""),
    Column("version", Text, nullable=False, server_default=""),
    Column("instance_actor", Text),
    Column("shared_inbox", Text),
    Column("members_uri", Text),  # its "network" collection
    Column("capabilities", Text, nullable=False, server_default="[]"),  # JSON list of IRIs
    Column("probed_at", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_inbound_at", BigInteger),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("clock_drift", BigInteger),  # milliseconds, last seen
    Column("latency", BigInteger),  # milliseconds until it answers a delivery, lately
    Column("certificate_until", BigInteger),
    Column("client_certificate_until", BigInteger),  # of the one that it shows here
)

# How many messages came and went in an hour.
site_hour = Table(
    "site_hour",
    metadata,
    Column("host", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),  # its first millisecond
    Column("received", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Index("ix_site_hour_hour", "hour"),
)
