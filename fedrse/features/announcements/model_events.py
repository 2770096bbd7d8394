"""What happens to announcements, told to higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class Announced(Struct, frozen=True):
    """An announcement is to be shown from now on, or has changed."""

    announcement_id: int


class AnnouncementDeleted(Struct, frozen=True):
    """It is gone."""

    announcement_id: int


class AnnouncementRead(Struct, frozen=True):
    """Somebody here has put away or confirmed one of another site."""

    announcement_id: int


class AnnouncementReacted(Struct, frozen=True):
    """Somebody reacted, or took it back: so many have now reacted with ``name``."""

    announcement_id: int
    name: str
    count: int
