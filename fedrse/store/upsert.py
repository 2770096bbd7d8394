"""``insert`` with ``on_conflict_do_nothing`` and ``on_conflict_do_update`` for both dialects.

SQLAlchemy has one such construct per dialect; the one of PostgreSQL holds all that the compiler of
SQLite reads, so it serves both (a test compiles it for both).
"""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

__all__ = ["insert"]
