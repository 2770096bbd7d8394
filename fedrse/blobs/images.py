"""Images: checked, stripped of metadata, turned upright, with thumbnail and blurhash.

Runs in a process of a pool: a picture is hostile bytes for a C library, and decoding takes long.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import blurhash  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError

MEDIA_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "AVIF": ("image/avif", "avif"),
}
MOST_PIXELS = 33_177_600  # 7680 x 4320
LARGEST_SIDE = 3840  # larger ones are scaled down
PREVIEW_SIDE = 640
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
    """Decodes and encodes again, so that only pixels survive. Raises UnusableImage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _process(content, largest_side)
    except UnusableImage:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusableImage("This file is not an image that can be shown here") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        raise UnusableImage("This image is damaged") from error


def _process(content: bytes, largest_side: int) -> ProcessedImage:
    with Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES)) as source:
        kind = source.format or ""
        if source.width * source.height > MOST_PIXELS:
            raise UnusableImage("This image has too many pixels (at most 7680 x 4320)")
        animated = kind == "GIF" and getattr(source, "n_frames", 1) > 1
        first = ImageOps.exif_transpose(source)
        first.load()
    if animated:
        stored = content  # a GIF carries no location; encoding it again would spoil it
        width, height = first.size
    else:
        first.thumbnail((largest_side, largest_side))
        stored = _encode(first, kind)
        width, height = first.size
    preview = first.convert("RGBA" if _has_alpha(first) else "RGB")
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    media_type, extension = MEDIA_TYPES[kind]
    return ProcessedImage(
        content=stored,
        media_type=media_type,
        extension=extension,
        width=width,
        height=height,
        preview=_encode(preview, "WEBP"),
        preview_width=preview.width,
        preview_height=preview.height,
        blurhash=_blurhash(preview),
    )


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _encode(image: Image.Image, kind: str) -> bytes:
    if kind == "JPEG" and image.mode not in {"RGB", "L"}:
        image = image.convert("RGB")
    target = io.BytesIO()
    profile = image.info.get("icc_profile")  # colours stay right; all other metadata goes
    if kind in {"JPEG", "WEBP", "AVIF"}:
        image.save(target, kind, quality=88, icc_profile=profile)
    else:
        image.save(target, kind, optimize=True, icc_profile=profile)
    return target.getvalue()


def _blurhash(preview: Image.Image) -> str:
    small = preview.convert("RGB").resize((32, 32))
    pixels = [[list(small.getpixel((x, y)))[:3] for x in range(32)] for y in range(32)]  # type: ignore[arg-type]
    return str(blurhash.encode(pixels, components_x=4, components_y=3))
