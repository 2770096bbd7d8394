"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.tags.tables import tag_follow

__all__ = ["tag_follow"]
