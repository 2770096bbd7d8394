"""Custom emoji."""
