"""Pictures for tests: plain ones, animations, and parts of files written by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

SECRET = b"47.2184 -1.5536 Nantes"
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


def gradient(width: int = 48, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Left dark, right light; with an alpha channel the lower half is transparent."""
    ramp = Image.linear_gradient("L").rotate(90).resize((width, height))
    image = Image.merge("RGB", (ramp, ramp, Image.new("L", (width, height), 40)))
    if mode == "RGBA":
        alpha = Image.new("L", (width, height), 255)
        alpha.paste(0, (0, height // 2, width, height))
        image.putalpha(alpha)
        return image
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def with_metadata(kind: str) -> bytes:
    """A picture that tells where it was taken, in every way its format knows."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    options: dict[str, Any] = {}
    if kind != "GIF":
        options["exif"] = exif
    if kind in {"JPEG", "WEBP", "AVIF"}:
        options["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    if kind in {"JPEG", "GIF"}:
        options["comment"] = SECRET
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_text("Location", SECRET.decode())
        chunks.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options["pnginfo"] = chunks
    return saved(gradient(), kind, **options)


def animation(
    count: int = 3, size: tuple[int, int] = (24, 16), **options: Any
) -> tuple[bytes, list[Image.Image]]:
    """A GIF of plain frames of different colours, and the frames."""
    frames = [Image.new("RGB", size, (80 * number, 20, 200)) for number in range(count)]
    content = saved(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[40 * (number + 1) for number in range(count)],
        **{"loop": 0, **options},
    )
    return content, frames


def extension(label: int, *blocks: bytes) -> bytes:
    """A block of a GIF that is not a frame."""
    return bytes([0x21, label]) + b"".join(bytes([len(one)]) + one for one in blocks) + b"\0"


def after_header(content: bytes, *blocks: bytes) -> bytes:
    """A GIF with more blocks before its first frame."""
    packed = content[10]
    start = 13 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
    return content[:start] + b"".join(blocks) + content[start:]


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises more pixels than it has bytes for."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", rows)
        + _chunk(b"IEND", b"")
    )


def png_with_text_bomb() -> bytes:
    """A PNG with a compressed text that is a thousand times larger than the file."""
    content = saved(gradient(), "PNG")
    bomb = _chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 80_000_000, 9))
    return content[:33] + bomb + content[33:]


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def display_p3_like() -> bytes:
    """A profile with other colours than sRGB: red and blue change places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ").replace(b"____", b"bXYZ")
