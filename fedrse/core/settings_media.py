"""Settings of uploaded files; part of ``settings``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fedrse.core.settings_section import SettingsSection


class MediaSettings(SettingsSection, frozen=True, kw_only=True):
    """Uploaded files."""

    base_url: Annotated[
        str | None,
        Meta(
            description="Separate origin for media; default: the site's own base_url.",
            examples=["https://media.corp.example"],
        ),
    ] = None
    max_image_megabytes: Annotated[int, Meta(description="Largest image.", ge=1, le=1000)] = 16
    ffmpeg: Annotated[
        str,
        Meta(
            description="The program that converts films and sounds (name or path; ffprobe lies"
            " beside it). Without it, or if this is empty, people can upload images only.",
            examples=["/opt/ffmpeg/bin/ffmpeg"],
        ),
    ] = "ffmpeg"
    max_video_megabytes: Annotated[
        int, Meta(description="Largest film or sound, as it is uploaded.", ge=1, le=4000)
    ] = 99
    max_video_minutes: Annotated[int, Meta(description="Longest film or sound.", ge=1, le=1440)] = (
        120
    )
    max_remote_megabytes: Annotated[
        int,
        Meta(
            description="Largest file of another site that is copied to be shown here; larger ones"
            " are not shown.",
            ge=1,
            le=1000,
        ),
    ] = 40
    max_archive_megabytes: Annotated[
        int,
        Meta(
            description="Largest archive of an account that people bring in. A reverse proxy has to"
            " let it through, too.",
            ge=1,
            le=20_000,
        ),
    ] = 500
