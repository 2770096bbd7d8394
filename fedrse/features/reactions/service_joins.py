"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.reactions.tables import reaction

__all__ = ["reaction"]
