"""Who has whose posts sent by mail, and up to which post it was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata

mail_subscription = Table(
    "mail_subscription",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("email", Text, nullable=False),  # in its one form: mail.model.checked_address
    Column("locale", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    Index("uq_mail_subscription_pair", "account_id", "email", unique=True),
    Index("ix_mail_subscription_email", "email"),
    Index("ix_mail_subscription_reader", "account_id", "id"),
)

mail_publisher = Table(
    "mail_publisher",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seen_id", BigInteger, nullable=False),  # what was written later was not sent yet
)
