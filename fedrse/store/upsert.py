"""``insert`` with ``on_conflict_do_nothing`` and ``on_conflict_do_update`` for both dialects.

SQLAlchemy has one such construct per dialect; the one of SQLite holds all that the compiler of
PostgreSQL reads but for one attribute, so it serves both (a test compiles it for both).
"""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.dml import OnConflictClause

OnConflictClause.constraint_target = None  # type: ignore[attr-defined]

__all__ = ["insert"]
