"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.moderation.tables import report

__all__ = ["report"]
