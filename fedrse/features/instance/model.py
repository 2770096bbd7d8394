"""What the site tells about itself, as values."""

from __future__ import annotations

from msgspec import Struct


class Numbers(Struct, frozen=True):
    """Totals of this site: people, those active in the last 30 days, posts, known peers."""

    people: int
    active_month: int
    posts: int
    peers: int


class Week(Struct, frozen=True):
    """Seven days of the site from ``begins_at`` (milliseconds, a Monday).

    ``people`` is how many were here, as far as the site has counted them.
    """

    begins_at: int
    posts: int
    people: int
    newcomers: int


class PublishedRule(Struct, frozen=True):
    """What this site says in public about how it treats another one.

    ``host`` may be shown in part (``sp**.exa****``), ``digest`` is the SHA-256 of the whole;
    ``effects`` are words of ``policy.model.Effect``, ``reason`` is what those in charge wrote.
    """

    host: str
    digest: str
    effects: tuple[str, ...]
    reason: str
