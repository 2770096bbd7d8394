"""What happens to announcements, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement is to be shown from now on, or has changed."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementDeleted:
    """It is gone."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementRead:
    """Somebody here has put away or confirmed one of another site."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementReacted:
    """Somebody reacted, or took it back: so many have now reacted with ``name``."""

    announcement_id: int
    name: str
    count: int
