"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.collections.tables import collection

__all__ = ["collection"]
