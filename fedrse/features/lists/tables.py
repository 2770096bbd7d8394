"""Lists and who is in them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

user_list = Table(
    "user_list",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("replies_policy", Text, nullable=False),  # followed list none
    Column("exclusive", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_user_list_account_id", "account_id", "id"),
)

list_member = Table(
    "list_member",
    metadata,
    Column(
        "list_id",
        BigInteger,
        ForeignKey("user_list.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Index("ix_list_member_account_id", "account_id"),
)
