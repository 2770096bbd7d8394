"""What a site knows of images without reading them: types, limits, results.

Reading them (``images``) needs libraries that are loaded only in the process that does it.
"""

from __future__ import annotations

from dataclasses import dataclass

MEDIA_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "AVIF": ("image/avif", "avif"),
}
MOST_PIXELS = 33_177_600  # 7680 x 4320
LARGEST_SIDE = 3840  # larger ones are scaled down
PREVIEW_TYPE = ("image/webp", "webp")


class UnusableImage(ValueError):
    """Not an image of an accepted type, or too large; the message is for the person."""


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """Bytes to store and what clients want to know; sizes in pixels."""

    content: bytes
    media_type: str
    extension: str
    width: int
    height: int
    preview: bytes
    preview_width: int
    preview_height: int
    blurhash: str


def process_image(content: bytes, *, largest_side: int = LARGEST_SIDE) -> ProcessedImage:
    """``images.process_image``, for ``FileWorkers``."""
    from fedrse.blobs import images  # noqa: PLC0415  (Pillow, in the worker only)

    return images.process_image(content, largest_side=largest_side)
