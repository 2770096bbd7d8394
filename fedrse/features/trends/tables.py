"""What trends, as the periodic job last found, and what those in charge said about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table, Text

from fedrse.store.schema import metadata

trend = Table(
    "trend",
    metadata,
    Column("kind", Text, primary_key=True),  # tag post link
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("score", Float, nullable=False),
    Column("publisher_id", BigInteger),  # of a link: model_review.publisher_of
    Index("ix_trend_score", "kind", "score"),
)

trend_review = Table(
    "trend_review",
    metadata,
    Column("kind", Text, primary_key=True),  # tag post link publisher
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("allowed", Boolean, nullable=False),
    Column("name", Text, nullable=False, server_default=""),  # of a publisher: its host
    Column("decided_at", BigInteger, nullable=False),
)
