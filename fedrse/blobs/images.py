"""Images: checked, stripped of metadata, turned upright, with thumbnail and blurhash.

Runs in a process of a pool: a picture is hostile bytes for a C library, and decoding takes long.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import blurhash  # type: ignore[import-untyped]
from PIL import Image, ImageCms, ImageOps

from fedrse.blobs.gif import TooManyFrames, strip_gif
from fedrse.blobs.pictures import (
    LARGEST_SIDE,
    MEDIA_TYPES,
    MOST_PIXELS,
    PREVIEW_SIDE,
    ProcessedImage,
    UnusableImage,
    reads_heif,
)

MOST_FRAMES = 1000
MOST_ANIMATED_PIXELS = 300_000_000  # of all frames together
_LARGEST_PROFILE = 1 << 20
_HEIF = "HEIF"
_SIXTEEN_BITS = {"I", "I;16", "I;16B", "I;16L", "I;16N"}


def process_image(content: bytes, *, largest_side: int = LARGEST_SIDE) -> ProcessedImage:
    """Decodes and encodes again, so that only pixels survive. Raises UnusableImage.

    Decoders fail in many ways on hostile files; all of them mean the same.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            source = Image.open(io.BytesIO(content), formats=_formats())
    except Exception as error:
        raise UnusableImage("This file is not an image that can be shown here") from error
    try:
        with warnings.catch_warnings(), source:
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _process(source, content, largest_side)
    except UnusableImage:
        raise
    except Exception as error:
        raise UnusableImage("This image is damaged") from error


def _formats() -> list[str]:
    if not reads_heif():
        return list(MEDIA_TYPES)
    import pillow_heif  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  (optional)

    pillow_heif.register_heif_opener(thumbnails=False)
    return [*MEDIA_TYPES, _HEIF]


def _process(source: Any, content: bytes, largest_side: int) -> ProcessedImage:
    kind: str = "JPEG" if source.format == _HEIF else source.format
    _check_size(source.size)
    animated = kind == "GIF" and source.is_animated
    # Of animations in other formats only the first picture is kept.
    pixels = _only_pixels(source)
    if animated:
        stored = _animation(content)
    else:
        if max(pixels.size) > largest_side:
            pixels = _true_colours(pixels)
            pixels.thumbnail((largest_side, largest_side))
        stored = _encode(pixels, kind)
    preview = _thumbnail(pixels)
    media_type, extension = MEDIA_TYPES[kind]
    return ProcessedImage(
        content=stored,
        media_type=media_type,
        extension=extension,
        width=pixels.width,
        height=pixels.height,
        preview=_encode(preview, "WEBP"),
        preview_width=preview.width,
        preview_height=preview.height,
        blurhash=_blurhash(preview),
        animated=animated,
    )


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise UnusableImage("This image has too many pixels (at most 7680 x 4320)")


def _animation(content: bytes) -> bytes:
    """The moving part of a GIF, every frame decoded once, as browsers will."""
    try:
        stored = strip_gif(content, most_frames=MOST_FRAMES)
    except TooManyFrames:
        raise UnusableImage(f"This animation is too long (at most {MOST_FRAMES} frames)") from None
    with Image.open(io.BytesIO(stored), formats=["GIF"]) as source:
        frames: int = source.n_frames  # type: ignore[attr-defined]
        _check_size(source.size)
        if frames * source.width * source.height > MOST_ANIMATED_PIXELS:
            raise UnusableImage("This animation is too long or too large")
        for frame in range(frames):
            source.seek(frame)
            source.load()
    return stored


def _only_pixels(source: Image.Image) -> Image.Image:
    """Upright, in standard colours, and without anything else that the file carried."""
    upright = ImageOps.exif_transpose(source)
    upright.load()
    if upright.mode in _SIXTEEN_BITS:
        upright = _eight_bits(upright)
    profile = upright.info.get("icc_profile")
    transparency = upright.info.get("transparency")
    upright.info = {}  # or the encoders would write comments and the like again
    if profile:
        return _standard_colours(upright, profile)
    if transparency is not None:
        upright.info["transparency"] = transparency
    return upright


def _eight_bits(image: Image.Image) -> Image.Image:
    wide = image.convert("I")
    return wide.point(lambda value: value * (1 / 256)).convert("L")


def _standard_colours(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as sRGB, which is what a picture without a profile means."""
    if image.mode not in {"RGB", "RGBA", "CMYK"} or len(profile) > _LARGEST_PROFILE:
        return image
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGBA" if image.mode == "RGBA" else "RGB",
        )
    except (ImageCms.PyCMSError, OSError):  # not a profile, or of other colours
        return image
    assert converted is not None  # noqa: S101  (only None when converting in place)
    converted.info = {}
    return converted


def _true_colours(image: Image.Image) -> Image.Image:
    """A copy in RGB or RGBA: palettes cannot be scaled."""
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _thumbnail(image: Image.Image) -> Image.Image:
    """A small copy. Whole blocks of a large picture are averaged first, which is far cheaper."""
    block = max(image.size) // (PREVIEW_SIDE * 2)
    if block > 1 and image.mode in {"L", "RGB"} and not image.has_transparency_data:
        image = image.reduce(block)
    preview = _true_colours(image)
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return preview


def _encode(image: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "JPEG" and image.mode not in {"RGB", "L"}:
        image = image.convert("RGB")
    if kind in {"WEBP", "AVIF"} and image.mode not in {"RGB", "RGBA"}:
        image = _true_colours(image)
    if kind in {"PNG", "GIF"}:
        image.save(target, kind)
    else:
        image.save(target, kind, quality=88)
    return target.getvalue()


def _blurhash(preview: Image.Image) -> str:
    small = preview.convert("RGB").resize((32, 32))
    pixels = [[list(small.getpixel((x, y)))[:3] for x in range(32)] for y in range(32)]  # type: ignore[arg-type]
    return str(blurhash.encode(pixels, components_x=4, components_y=3))
