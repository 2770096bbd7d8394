"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.lists.tables import list_member, user_list

__all__ = ["list_member", "user_list"]
