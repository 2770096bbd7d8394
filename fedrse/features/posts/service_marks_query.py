"""What features above need to add a flag to the one query of all flags."""

from __future__ import annotations

from fedrse.features.posts.queries import me
from fedrse.features.posts.queries_marks import FAVOURITED, Mark, mark

__all__ = ["FAVOURITED", "Mark", "mark", "me"]
