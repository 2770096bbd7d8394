"""Media attachments as values, and how clients and other servers see them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedrse.blobs.pictures import MEDIA_TYPES
from fedrse.blobs.store import is_key
from fedrse.features.media.model_proxy import Proxy

MOST_PER_POST = 16  # what is kept of a remote post; people here attach up to LOCAL_LIMIT
LOCAL_LIMIT = 4
LONGEST_DESCRIPTION = 1500
_TYPES = {extension: media_type for media_type, extension in MEDIA_TYPES.values()}


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
        if media.kind == "image" and media.key is None and media.remote_url:
            return self.remote(media.remote_url, small=True)
        return self.full(media) if media.kind == "image" else None


def media_type_of(key: str) -> str | None:
    """The type of a stored file, None for anything that is not the key of one."""
    return _TYPES.get(key.rpartition(".")[2]) if is_key(key) else None


def entity(media: Media, urls: MediaUrls) -> dict[str, Any]:
    """The Mastodon ``MediaAttachment``."""
    original = _size(media.width, media.height)
    if media.duration is not None:
        original["duration"] = media.duration
    meta: dict[str, Any] = {}
    if original:
        meta["original"] = original
    if media.preview_width:
        meta["small"] = _size(media.preview_width, media.preview_height)
    if media.kind == "image":
        meta["focus"] = {"x": media.focus_x, "y": media.focus_y}
    return {
        "id": str(media.id),
        "type": media.kind,
        "url": urls.full(media),
        "preview_url": urls.preview(media),
        "remote_url": media.remote_url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": meta,
        "description": media.description or None,
        "blurhash": media.blurhash,
    }


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
        "type": "Document",
        "mediaType": media.media_type,
        "url": urls.full(media),
        "name": media.description or None,
        "summary": media.description or None,
    }
    if media.width and media.height:
        attachment |= {"width": media.width, "height": media.height}
    if media.blurhash:
        attachment["blurhash"] = media.blurhash
    if media.kind == "image":
        attachment["focalPoint"] = [media.focus_x, media.focus_y]
    return attachment
