"""What happens to previews, told in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class CardShown(Struct, frozen=True):
    """From now on a post shows this kind of preview (link, photo or video)."""

    post_id: int
    kind: str
