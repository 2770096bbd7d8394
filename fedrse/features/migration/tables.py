"""Tables of archives that are brought in, and of the posts that came with them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

archive_import = Table(
    "archive_import",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("folder", Text, nullable=False),
    Column("state", Text, nullable=False),  # offered running done stopped
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("contents", Text, nullable=False),  # JSON of model_archive.Contents
    Column("choices", Text, nullable=False),  # JSON of model_archive.Choices
    Column("place", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("waiting", Text, nullable=False),  # JSON: ids of uploads
    Column("added", BigInteger, nullable=False),
    Column("skipped", Text, nullable=False),  # JSON: numbers by reason
    Index("uq_archive_import_account_id", "account_id", unique=True),
)

imported_post = Table(
    "imported_post",
    metadata,
    Column(
        "account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("origin", Text, primary_key=True),  # the address that it had there
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), nullable=False),
    Index("ix_imported_post_post_id", "post_id"),
)
