"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.cards.tables import post_card, preview_card

__all__ = ["post_card", "preview_card"]
