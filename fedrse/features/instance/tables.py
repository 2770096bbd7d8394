"""Small facts about this site that are not settings (the id of its actor)."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from fedrse.store.schema import metadata

fact = Table(
    "fact",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
