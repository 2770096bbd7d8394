"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.relationships.tables import (
    account_note,
    block,
    domain_block,
    endorsement,
    follow,
    mute,
)

__all__ = ["account_note", "block", "domain_block", "endorsement", "follow", "mute"]
