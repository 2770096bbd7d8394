"""What trends, as the periodic job last found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Table, Text

from fedrse.store.schema import metadata

trend = Table(
    "trend",
    metadata,
    Column("kind", Text, primary_key=True),  # tag post link
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("score", Float, nullable=False),
    Index("ix_trend_score", "kind", "score"),
)
