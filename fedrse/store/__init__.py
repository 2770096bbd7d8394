"""The database: SQLite or PostgreSQL behind one small interface."""
