"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.media.tables import media, remote_file

__all__ = ["media", "remote_file"]
