"""What a site is made of, in parts: languages, applications, other sites, space, versions. Pure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Dimension(StrEnum):
    """Along what can be counted; the names of the Mastodon admin API."""

    LANGUAGES = "languages"
    SOURCES = "sources"
    SERVERS = "servers"
    SPACE_USAGE = "space_usage"
    SOFTWARE_VERSIONS = "software_versions"
    TAG_SERVERS = "tag_servers"
    TAG_LANGUAGES = "tag_languages"
    INSTANCE_ACCOUNTS = "instance_accounts"
    INSTANCE_LANGUAGES = "instance_languages"


class Part(Struct, frozen=True):
    """One value along a dimension. ``name`` is for people; ``unit`` is bytes or nothing."""

    key: str
    name: str
    value: str
    unit: str = ""
    shown: str = ""  # the value for people, where it says more


def size_shown(size: int) -> str:
    """Bytes as people read them: ``46.2 GB``, in steps of 1024."""
    amount = float(size)
    for unit in ("Bytes", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "Bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"
