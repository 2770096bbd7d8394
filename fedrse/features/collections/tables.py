"""Tables of collections: those made here, and copies of those of other sites (FEP-7aa9)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata


def _account(*, nullable: bool = False) -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", BigInteger, key, nullable=nullable)


def _collection(*, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("collection.id", ondelete="CASCADE")
    return Column("collection_id", BigInteger, key, nullable=False, primary_key=primary_key)


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
    Column("uri", Text, unique=True),  # of another site: its ActivityPub id
    Column("url", Text),  # of another site: its page
    Index("ix_collection_account_id", "account_id", "id"),
    Index("ix_collection_url", "url"),
)

collection_item = Table(
    "collection_item",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _collection(),
    _account(nullable=True),  # of another site: not known yet
    Column("state", Text, nullable=False),  # accepted, pending, unverified
    Column("created_at", BigInteger, nullable=False),
    Column("uri", Text),  # of another site: its ActivityPub id
    Column("object_uri", Text),  # of another site: who is in it
    Column("stamp", Text),  # what somebody of another site agreed with
    Index("uq_collection_item_pair", "collection_id", "account_id", unique=True),
    Index("ix_collection_item_account_id", "account_id", "collection_id"),
    Index("ix_collection_item_stamp", "stamp"),
)

post_collection = Table(
    "post_collection",
    metadata,
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    _collection(primary_key=True),
    Index("ix_post_collection_collection_id", "collection_id"),
)

collection_fetch = Table(
    "collection_fetch",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("fetched_at", BigInteger, nullable=False),
)
