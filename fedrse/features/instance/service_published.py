"""What the site tells about its rules, and whom."""

from __future__ import annotations

from fedrse.core.ports import Protocol
from fedrse.core.settings import Settings, ShownTo
from fedrse.features.instance.model import PublishedRule


class Published(Protocol):
    """What is told about rules; implemented by ``policy.service_published``."""

    def published(self, now: int) -> tuple[PublishedRule, ...]:
        """Sites that are treated differently, by host."""


def may_know(settings: Settings, *, known: bool) -> bool:
    """Whether somebody, ``known`` or a visitor, is told which sites are blocked."""
    shown = settings.federation.show_blocked_hosts
    return shown is ShownTo.EVERYBODY or (shown is ShownTo.PEOPLE and known)
