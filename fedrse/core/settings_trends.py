"""Settings of trends."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fedrse.core.settings_section import SettingsSection


class TrendSettings(SettingsSection, frozen=True, kw_only=True):
    """Hashtags, posts and links that many people talk about."""

    review: Annotated[
        bool,
        Meta(
            description="People see only what those in charge have approved. Off: they see all but"
            " what was rejected."
        ),
    ] = False
