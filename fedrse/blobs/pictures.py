"""What a site knows of images without reading them: types, limits, results.

Reading them (``images``) needs libraries that are loaded only in the process that does it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

MEDIA_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "AVIF": ("image/avif", "avif"),
}
# What phones of one maker write; it becomes JPEG, as few programs show it.
HEIF_TYPES = ("image/heic", "image/heif")
MOST_PIXELS = 33_177_600  # 7680 x 4320
LARGEST_SIDE = 4096  # larger ones are scaled down; usual ones of 12 megapixels stay
PREVIEW_TYPE = ("image/webp", "webp")
PREVIEW_SIDE = 640  # the longer one of a preview; smaller pictures keep their size


class UnusableImage(ValueError):
    """Not an image of an accepted type, or too large; the message is for the person."""


class ProcessedImage(Struct, frozen=True):
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
    animated: bool = False


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the preview of a picture of this size, before it is made."""
    longer = max(width, height)
    if longer <= PREVIEW_SIDE:
        return width, height
    return max(1, round(width * PREVIEW_SIDE / longer)), max(
        1, round(height * PREVIEW_SIDE / longer)
    )


def process_image(content: bytes, *, largest_side: int = LARGEST_SIDE) -> ProcessedImage:
    """``images.process_image``, for ``FileWorkers``."""
    from fedrse.blobs import images  # noqa: PLC0415  (Pillow, in the worker only)

    return images.process_image(content, largest_side=largest_side)


def process_file(path: str, *, largest_side: int = LARGEST_SIDE) -> ProcessedImage:
    """Like ``process_image``; the file is read where it is processed."""
    return process_image(Path(path).read_bytes(), largest_side=largest_side)


def accepted_types() -> list[str]:
    """Media types of images that can be uploaded."""
    found = [media_type for media_type, _ in MEDIA_TYPES.values()]
    return [*found, *HEIF_TYPES] if reads_heif() else found


def reads_heif() -> bool:
    """Whether the extra ``heif`` is installed; nothing is loaded."""
    return find_spec("pillow_heif") is not None
