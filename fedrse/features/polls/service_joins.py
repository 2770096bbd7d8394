"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.polls.tables import poll, poll_vote

__all__ = ["poll", "poll_vote"]
