"""What people of this site say about their work, and what other sites let this one know."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

profile = Table(
    "profile",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("card", Text, nullable=False),  # JSON: model.Card
    Column("visibility", Text, nullable=False),  # JSON: {field: model.Visibility}
    Column("updated_at", BigInteger, nullable=False),
)

profile_copy = Table(
    "profile_copy",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("card", Text, nullable=False),  # JSON: model.Card, as meant for this site
    Column("fetched_at", BigInteger, nullable=False),
    Index("ix_profile_copy_fetched_at", "fetched_at"),
)
