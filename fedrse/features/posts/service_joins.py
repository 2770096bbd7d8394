"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.posts.tables import bookmark, mention, pin, post, post_tag, tag, thread_mute

__all__ = ["bookmark", "mention", "pin", "post", "post_tag", "tag", "thread_mute"]
