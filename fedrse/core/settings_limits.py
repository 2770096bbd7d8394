"""Settings: protection against overload."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fedrse.core.settings_section import SettingsSection


class LimitSettings(SettingsSection, frozen=True, kw_only=True):
    """Protection against overload. What is counted by peer is counted by who it is proved to be."""

    enabled: Annotated[bool, Meta(description="Off switches all rate limits off.")] = True
    requests_per_5_minutes: Annotated[
        int, Meta(description="Client API requests of one person in 5 minutes.", ge=1)
    ] = 1500
    logins_per_5_minutes: Annotated[
        int, Meta(description="Log-in attempts from one address in 5 minutes.", ge=1)
    ] = 25
    inbox_per_minute: Annotated[
        int, Meta(description="Messages accepted from one peer in a minute.", ge=1)
    ] = 6000
    signed_requests_per_minute: Annotated[
        int,
        Meta(description="Documents that one peer asks for with a signature in a minute.", ge=1),
    ] = 3000
    waiting_messages: Annotated[
        int,
        Meta(
            description="Messages of one peer that may wait to be processed or be in quarantine;"
            " above that it is asked to come again later.",
            ge=10,
        ),
    ] = 20_000
    fetches_per_minute: Annotated[
        int,
        Meta(
            description="Documents fetched in a minute because messages of one peer need them; what"
            " needs more is processed later.",
            ge=1,
        ),
    ] = 1200
    new_actors_per_day: Annotated[
        int,
        Meta(description="People of one peer that become known here in a day.", ge=1),
    ] = 20_000
    media_megabytes_per_day: Annotated[
        int,
        Meta(description="Files of one peer that are copied in a day, in megabytes.", ge=1),
    ] = 5000
    served_megabytes_per_hour: Annotated[
        int,
        Meta(
            description="Files of this site that one address gets in an hour, in megabytes: another"
            " site, or all people behind one address.",
            ge=1,
        ),
    ] = 20_000
