"""What people of this site say about their work, and what other sites let this one know."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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
    Column("unit_key", Text, nullable=False, server_default=text("''")),  # model.unit_key
    Index("ix_profile_unit_key", "unit_key"),
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
    # JSON: {folded skill: model_confirmations.Confirmed}
    Column("confirmations", Text, nullable=False, server_default="{}"),
    Column("fetched_at", BigInteger, nullable=False),
    Index("ix_profile_copy_fetched_at", "fetched_at"),
)

# Who says of whom that they know something; one of the two is of this site.
confirmation = Table(
    "confirmation",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("by_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("skill", Text, nullable=False),
    Column("skill_key", Text, nullable=False),  # model_search.fold
    Column("uri", Text, nullable=False, unique=True),  # of the activity
    Column("hidden", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "by_id", "skill_key"),
    Index("ix_confirmation_by_id", "by_id"),
)
