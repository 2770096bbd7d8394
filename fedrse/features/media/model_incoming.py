"""Attachments of posts of other sites: hostile JSON as values."""

from __future__ import annotations

import re
from typing import Any

from fedrse.activitypub.vocabulary import as_int, as_list, first_str, id_of, type_of
from fedrse.core.text import clean_line, clean_text
from fedrse.core.urls import BadUrl, split_url
from fedrse.features.media.model import LONGEST_DESCRIPTION

# Base 83, for 1 x 1 to 9 x 9 components (https://blurha.sh); clients may fail on anything else.
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,166}")
# Of the durations of XML Schema what films have: hours, minutes, seconds.
_DURATION = re.compile(
    r"PT(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8}(?:\.[0-9]{1,9})?)S)?", re.ASCII
)
_LONGEST = 7 * 86_400.0  # seconds
DESCRIBED = (
    "kind",
    "media_type",
    "remote_url",
    "preview_remote_url",
    "width",
    "height",
    "duration",
    "blurhash",
    "description",
    "focus_x",
    "focus_y",
)


def described(attachment: Any) -> dict[str, Any] | None:
    """What an attachment of another server says, None if it has no address for a browser."""
    if not isinstance(attachment, dict):
        return None
    link = next(iter(as_list(attachment.get("url"))), None) or attachment.get("href")
    address = id_of(link)
    if address is None or not _is_web(address):
        return None
    media_type = first_str(attachment.get("mediaType"))
    if not media_type and isinstance(link, dict):
        media_type = first_str(link.get("mediaType"))
    kind = media_type.partition("/")[0].lower()
    if kind not in {"image", "video", "audio"}:
        named = {"Image": "image", "Video": "video", "Audio": "audio"}
        kind = named.get(type_of(attachment), "unknown")
    focus = attachment.get("focalPoint")
    text = first_str(attachment.get("summary")) or first_str(attachment.get("name"))
    blurhash = first_str(attachment.get("blurhash"))
    return {
        "kind": kind,
        "media_type": clean_line(media_type, 100),
        "remote_url": address,
        "preview_remote_url": _preview(attachment) if kind in {"video", "audio"} else None,
        "width": _pixels(attachment.get("width")),
        "height": _pixels(attachment.get("height")),
        "duration": _seconds(attachment.get("duration")),
        "blurhash": blurhash if _BLURHASH.fullmatch(blurhash) else None,
        "description": clean_text(text[:LONGEST_DESCRIPTION]).strip(),
        "focus_x": _focus(focus, 0),
        "focus_y": _focus(focus, 1),
    }


def _preview(attachment: dict[str, Any]) -> str | None:
    """The address of the picture that stands for a film or sound."""
    icon = next(iter(as_list(attachment.get("icon"))), None)
    if not isinstance(icon, dict):
        return None
    address = id_of(next(iter(as_list(icon.get("url"))), None))
    return address if address is not None and _is_web(address) else None


def _seconds(value: Any) -> float | None:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 < total <= _LONGEST else None


def _is_web(address: str) -> bool:
    try:
        split_url(address)
    except BadUrl:
        return False
    return True


def _pixels(value: Any) -> int | None:
    number = as_int(value)
    return number if number is not None and 0 < number < 100_000 else None


def _focus(value: Any, index: int) -> float:
    if isinstance(value, list) and len(value) == 2:
        number = value[index]
        if isinstance(number, int | float) and not isinstance(number, bool) and -1 <= number <= 1:
            return float(number)
    return 0.0
