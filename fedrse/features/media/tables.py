"""Media attachments: uploaded here or described by another site."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata

media = Table(
    "media",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE")),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("kind", Text, nullable=False),  # image gifv video audio unknown
    Column("state", Text, nullable=False),  # processing ready failed remote
    Column("media_type", Text, nullable=False, server_default=""),
    Column("remote_url", Text),
    Column("key", Text, unique=True),  # blob key, unguessable
    Column("preview_key", Text, unique=True),
    Column("size", BigInteger, nullable=False, server_default="0"),  # bytes
    Column("width", BigInteger),
    Column("height", BigInteger),
    Column("preview_width", BigInteger),
    Column("preview_height", BigInteger),
    Column("duration", Float),  # seconds
    Column("blurhash", Text),
    Column("description", Text, nullable=False, server_default=""),
    Column("focus_x", Float, nullable=False, server_default="0"),
    Column("focus_y", Float, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    # A post that is not published yet wants it: not to be used by others, nor removed.
    Column("reserved", Boolean, nullable=False, server_default=text("false")),
    Column("preview_remote_url", Text),  # of a remote film or sound
    Column("details", Text),  # JSON: more of ``meta``, of films and sounds
    # What was sent, until it is converted; why it cannot be.
    Column("source_key", Text),
    Column("error", Text),
    Index("ix_media_post_id", "post_id", "position"),
    Index("ix_media_account_id", "account_id"),
)

# Copies of files of other sites, by the SHA-256 of their address.
remote_file = Table(
    "remote_file",
    metadata,
    Column("url_hash", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("preview_key", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index("ix_remote_file_used_at", "used_at"),
)
