"""Conversations of people of this site, and the posts in each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata

conversation = Table(
    "conversation",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("thread_id", BigInteger, nullable=False),
    Column("participants", Text, nullable=False),  # JSON: ids of the others, ascending
    Column("last_post_id", BigInteger, nullable=False),  # pages of the list go by it
    Column("unread", Boolean, nullable=False, server_default=text("false")),
    Index("uq_conversation_people", "account_id", "thread_id", "participants", unique=True),
    Index("ix_conversation_last", "account_id", "last_post_id"),
    Index("ix_conversation_people", "account_id", "participants"),
)

conversation_post = Table(
    "conversation_post",
    metadata,
    Column(
        "conversation_id",
        BigInteger,
        ForeignKey("conversation.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "post_id",
        BigInteger,
        ForeignKey("post.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Index("ix_conversation_post_post_id", "post_id"),
)

# What somebody wants of all conversations with the same people: no row, nothing special.
chat_setting = Table(
    "chat_setting",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("participants", Text, primary_key=True),  # as in conversation
    Column("muted", Boolean, nullable=False, server_default=text("false")),
    Column("gone", Boolean, nullable=False, server_default=text("false")),  # has left
)
