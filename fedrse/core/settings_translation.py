"""Settings of the engine that translates posts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fedrse.core.settings_section import SettingsSection


class TranslationSettings(SettingsSection, frozen=True, kw_only=True):
    """Translation of posts; texts of posts are sent to this engine and nowhere else."""

    url: Annotated[
        str | None,
        Meta(
            description="Address of an engine that speaks the LibreTranslate protocol, in your own"
            " network: it may have a private address. http:// is possible on loopback addresses"
            " and for hosts in outgoing.private_addresses. Without one nothing is translated.",
            examples=["https://translate.corp.example"],
        ),
    ] = None
    api_key: Annotated[
        str | None,
        Meta(description="Key that the engine asks for, if it does.", examples=["3c9f..."]),
    ] = None
