"""Media attachments as values, and how clients and other servers see them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec import Struct, json

from fedrse.blobs.pictures import MEDIA_TYPES, PREVIEW_TYPE, preview_size
from fedrse.blobs.recordings import AUDIO_TYPE, VIDEO_TYPE
from fedrse.blobs.store import is_key
from fedrse.features.media.model_proxy import Proxy

MOST_PER_POST = 16  # what is kept of a remote post; people here attach up to LOCAL_LIMIT
LOCAL_LIMIT = 4
LONGEST_DESCRIPTION = 1500
SHOWN = ("image", "gifv", "video")
# ActivityStreams types that other servers know; a moving GIF is a film to them.
_OBJECTS = {"video": "Video", "gifv": "Video", "audio": "Audio"}
_STORED = (*MEDIA_TYPES.values(), VIDEO_TYPE, AUDIO_TYPE)
_TYPES = {extension: media_type for media_type, extension in _STORED}


class Media(Struct, frozen=True):
    """A row of ``media``; sizes in pixels and bytes, duration in seconds, focus in -1..1."""

    id: int
    account_id: int
    post_id: int | None
    position: int
    kind: str
    state: str
    media_type: str
    remote_url: str | None
    key: str | None
    preview_key: str | None
    size: int
    width: int | None
    height: int | None
    preview_width: int | None
    preview_height: int | None
    duration: float | None
    blurhash: str | None
    description: str
    focus_x: float
    focus_y: float
    created_at: int
    reserved: bool = False
    preview_remote_url: str | None = None
    details: str | None = None
    source_key: str | None = None
    error: str | None = None

    @property
    def keys(self) -> list[str]:
        """Of all files that belong to it."""
        return [key for key in (self.key, self.preview_key, self.source_key) if key]


class MediaUrls:
    """Addresses of stored files below one base (``https://lyon.corp.example/media``)."""

    def __init__(self, base_url: str, proxy: Proxy | None = None) -> None:
        """Without ``proxy`` files of other sites have the addresses that those gave."""
        self._base = base_url.rstrip("/")
        self._proxy = proxy

    def of(self, key: str) -> str:
        """The address of a blob."""
        return f"{self._base}/{key}"

    def full(self, media: Media) -> str | None:
        """Where the file itself is, None while it is processed."""
        if media.key:
            return self.of(media.key)
        # What is neither picture, film nor sound is a link, which people follow knowingly.
        shown = media.remote_url is not None and media.kind != "unknown"
        return self.remote(media.remote_url) if shown and media.remote_url else media.remote_url

    def remote(self, url: str, *, small: bool = False) -> str:
        """Where this site shows a file of another one."""
        return url if self._proxy is None else self._proxy.address(url, small=small)

    def preview(self, media: Media) -> str | None:
        """Where the thumbnail is; for remote images the image itself."""
        if media.preview_key:
            return self.of(media.preview_key)
        if media.preview_remote_url:
            return self.remote(media.preview_remote_url, small=True)
        if media.kind == "image" and media.key is None and media.remote_url:
            return self.remote(media.remote_url, small=True)
        return self.full(media) if media.kind == "image" else None


def media_type_of(key: str) -> str | None:
    """The type of a stored file, None for anything that is not the key of one."""
    return _TYPES.get(key.rpartition(".")[2]) if is_key(key) else None


def entity(media: Media, urls: MediaUrls) -> dict[str, Any]:
    """The Mastodon ``MediaAttachment``."""
    return {
        "id": str(media.id),
        "type": media.kind,
        "url": urls.full(media),
        "preview_url": urls.preview(media),
        "remote_url": media.remote_url,
        "preview_remote_url": media.preview_remote_url,
        "text_url": None,
        "meta": _meta(media),
        "description": media.description or None,
        "blurhash": media.blurhash,
    }


def _meta(media: Media) -> dict[str, Any]:
    size = _size(media.width, media.height)
    meta = {"original": size} if media.kind == "image" and size else _played(media, size)
    small = _preview_size(media)
    if small:
        meta["small"] = small
    if media.kind in SHOWN:
        meta["focus"] = {"x": media.focus_x, "y": media.focus_y}
    return meta


def _preview_size(media: Media) -> dict[str, Any]:
    """Of a picture of another site, the size that its preview will have once somebody looks."""
    if media.preview_width:
        return _size(media.preview_width, media.preview_height)
    if media.kind == "image" and media.key is None and media.width and media.height:
        return _size(*preview_size(media.width, media.height))
    return {}


def _played(media: Media, size: dict[str, Any]) -> dict[str, Any]:
    """What is said of films and sounds: everything together, and the file itself once more."""
    more: dict[str, Any] = {} if media.details is None else json.decode(media.details)
    original = {name: size[name] for name in ("width", "height") if size}
    original |= {name: more.pop(name) for name in ("frame_rate", "bitrate") if name in more}
    meta: dict[str, Any] = size | more
    if media.duration is not None:
        original["duration"] = media.duration
        meta |= {"length": _length(media.duration), "duration": media.duration}
    if "frame_rate" in original:
        meta["fps"] = round(float(Fraction(original["frame_rate"])))
    return meta | {"original": original} if original else meta


def _length(seconds: float) -> str:
    """``0:01:28.65``."""
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}"


def _size(width: int | None, height: int | None) -> dict[str, Any]:
    if not width or not height:
        return {}
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6),
    }


def document(media: Media, urls: MediaUrls) -> dict[str, Any]:
    """The ActivityPub attachment; ``name`` and ``summary`` both carry the description."""
    attachment: dict[str, Any] = {
        "type": _OBJECTS.get(media.kind, "Document"),
        "mediaType": media.media_type,
        "url": urls.full(media),
        "name": media.description or None,
        "summary": media.description or None,
    }
    if media.width and media.height:
        attachment |= {"width": media.width, "height": media.height}
    if media.duration is not None:
        attachment["duration"] = f"PT{media.duration:.3f}S"
    if media.blurhash:
        attachment["blurhash"] = media.blurhash
    if media.kind == "image":
        attachment["focalPoint"] = [media.focus_x, media.focus_y]
    elif media.preview_key:
        preview = urls.of(media.preview_key)
        attachment["icon"] = {"type": "Image", "mediaType": PREVIEW_TYPE[0], "url": preview}
    return attachment
