"""Likes and emoji reactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

reaction = Table(
    "reaction",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), nullable=False),
    Column("content", Text, nullable=False),  # "" is a like, else a grapheme or :code:
    Column("emoji", Text),  # JSON of the custom emoji
    Column("uri", Text, nullable=False, unique=True),  # id of the Like or EmojiReact
    Column("created_at", BigInteger, nullable=False),
    Index("uq_reaction_once", "account_id", "post_id", "content", unique=True),
    Index("ix_reaction_post", "post_id", "content", "id"),
    Index("ix_reaction_account", "account_id", "content", "id"),
)

# Of posts of other sites: how many of each kind others made, as the author's site told.
reaction_told = Table(
    "reaction_told",
    metadata,
    Column(
        "post_id",
        BigInteger,
        ForeignKey("post.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("content", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
