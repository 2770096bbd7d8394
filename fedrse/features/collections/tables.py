"""Collections of profiles."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata


def _account() -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", BigInteger, key, nullable=False)


collection = Table(
    "collection",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("language", Text),
    Column("tag", Text),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("discoverable", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_collection_account_id", "account_id", "id"),
)

collection_item = Table(
    "collection_item",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "collection_id",
        BigInteger,
        ForeignKey("collection.id", ondelete="CASCADE"),
        nullable=False,
    ),
    _account(),
    Column("state", Text, nullable=False),  # accepted
    Column("created_at", BigInteger, nullable=False),
    Index("uq_collection_item_pair", "collection_id", "account_id", unique=True),
    Index("ix_collection_item_account_id", "account_id", "collection_id"),
)
