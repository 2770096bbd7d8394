"""Settings of what monitors may read."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from fedrse.core.settings_section import SettingsSection


class MetricsSettings(SettingsSection, frozen=True, kw_only=True):
    """Numbers for Prometheus under /metrics. Without a token and addresses there are none."""

    token: Annotated[
        str | None,
        Meta(
            description="Whoever shows it as a bearer token may read them; better given as"
            " FEDRSE_METRICS__TOKEN.",
            examples=["a long random text"],
        ),
    ] = None
    addresses: Annotated[
        list[str],
        Meta(
            description="Addresses and networks from which they may be read without a token.",
            examples=[["127.0.0.1", "10.20.0.0/16"]],
        ),
    ] = field(default_factory=list)
