"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.sites.tables import site

__all__ = ["site"]
