"""Suggestions that people do not want to see again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from fedrse.store.schema import metadata


def _account(name: str) -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, primary_key=True, autoincrement=False)


suggestion_dismissal = Table(
    "suggestion_dismissal",
    metadata,
    _account("account_id"),
    _account("target_id"),
    Index("ix_suggestion_dismissal_target_id", "target_id"),
)

# How far somebody of this site has come in the first steps.
welcome = Table(
    "welcome",
    metadata,
    _account("account_id"),
    Column("step", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
