"""Pictures go in as hostile bytes and come out as nothing but pixels."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fedrse.blobs import images
from fedrse.blobs.images import process_image
from fedrse.blobs.pictures import MEDIA_TYPES, UnusableImage, preview_size
from tests.blobs.pictures import (
    FORMATS,
    SECRET,
    after_header,
    animation,
    display_p3_like,
    extension,
    gradient,
    png_claiming,
    png_with_text_bomb,
    saved,
    with_metadata,
)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def is_like(one: Image.Image, other: Image.Image, *, within: int = 24) -> bool:
    """Whether no pixel differs much."""
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return max(abs(a - b) for a, b in pairs) <= within


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_stays_what_it_is(kind: str) -> None:
    original = gradient()
    made = process_image(saved(original, kind))
    assert (made.media_type, made.extension) == MEDIA_TYPES[kind]
    assert (made.width, made.height) == (48, 32)
    stored = opened(made.content)
    assert stored.format == kind
    assert is_like(stored, original)
    preview = opened(made.preview)
    assert preview.format == "WEBP"
    assert preview.size == (made.preview_width, made.preview_height) == (48, 32)
    assert is_like(preview, original, within=40)
    assert len(made.blurhash) == 4 + 2 * 4 * 3


@pytest.mark.parametrize("kind", FORMATS)
def test_metadata_goes(kind: str) -> None:
    content = with_metadata(kind)
    assert SECRET in content or kind == "AVIF"
    made = process_image(content)
    assert SECRET not in made.content
    assert SECRET not in made.preview
    for stored in (opened(made.content), opened(made.preview)):
        assert not stored.getexif()
        assert not {"comment", "xmp", "exif", "XML:com.adobe.xmp", "Location", "icc_profile"} & set(
            stored.info
        )


@pytest.mark.parametrize("kind", FORMATS)
def test_what_follows_the_image_goes(kind: str) -> None:
    page = b"<html><script>alert(1)</script></html>"
    made = process_image(saved(gradient(), kind) + page)
    assert page not in made.content
    archive = b"PK\x05\x06" + b"\0" * 18
    assert archive not in process_image(saved(gradient(), kind) + archive).content


@pytest.mark.parametrize(("orientation", "size"), [(1, (48, 32)), (3, (48, 32)), (6, (32, 48))])
def test_images_are_turned_upright(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = process_image(saved(gradient(), "JPEG", exif=exif))
    assert (made.width, made.height) == size == opened(made.content).size


def test_colours_of_other_profiles_become_standard_ones() -> None:
    """Red and blue of this profile are exchanged, so the stored picture is blue."""
    red = Image.new("RGB", (16, 16), (220, 0, 0))
    made = process_image(saved(red, "PNG", icc_profile=display_p3_like()))
    pixel = opened(made.content).convert("RGB").getpixel((8, 8))
    assert pixel[0] < 60
    assert pixel[2] > 150


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200, SECRET * 60_000])
def test_a_broken_profile_is_no_reason_to_refuse(profile: bytes) -> None:
    made = process_image(saved(gradient(), "JPEG", icc_profile=profile))
    assert is_like(opened(made.content), gradient())
    assert SECRET not in made.content


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_transparency_stays(kind: str) -> None:
    made = process_image(saved(gradient(mode="RGBA"), kind))
    for content in (made.content, made.preview):
        stored = opened(content).convert("RGBA")
        assert stored.getpixel((24, 4))[3] == 255
        assert stored.getpixel((24, 30))[3] == 0


def test_transparency_of_palettes_stays() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 0)
    for kind in ("PNG", "GIF"):
        made = process_image(saved(image, kind, transparency=0))
        for content in (made.content, made.preview):
            stored = opened(content).convert("RGBA")
            assert stored.getpixel((0, 0))[3] == 0
            assert stored.getpixel((4, 4))[3] == 255


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG")],
)
def test_all_kinds_of_pixels(mode: str, kind: str) -> None:
    original = gradient(mode=mode)
    made = process_image(saved(original, kind))
    assert is_like(opened(made.content), original)


def test_sixteen_bits_become_eight() -> None:
    wide = Image.new("I;16", (8, 8), 0x8000)
    stored = opened(process_image(saved(wide, "PNG")).content)
    assert stored.mode == "L"
    assert stored.getpixel((4, 4)) == 0x80


def test_large_images_are_scaled_down() -> None:
    made = process_image(saved(gradient(1300, 650), "JPEG"), largest_side=1000)
    assert (made.width, made.height) == opened(made.content).size == (1000, 500)
    assert (made.preview_width, made.preview_height) == (640, 320)


def test_palettes_are_scaled_in_true_colours() -> None:
    made = process_image(saved(gradient(300, 30, "P"), "PNG"), largest_side=100)
    assert opened(made.content).size == (100, 10)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_strange_shapes(size: tuple[int, int]) -> None:
    made = process_image(saved(Image.new("RGB", size), "PNG"))
    assert (made.width, made.height) == size
    assert made.preview_width >= 1 <= made.preview_height


# Animations


@pytest.mark.parametrize("size", [(320, 200), (640, 640), (900, 600), (2000, 1333), (3000, 7)])
def test_the_size_of_a_preview_is_known_before(size: tuple[int, int]) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", size).save(drawn, "PNG")
    made = process_image(drawn.getvalue())
    width, height = preview_size(*size)
    assert abs(width - made.preview_width) <= 1
    assert abs(height - made.preview_height) <= 1


def test_animations_keep_frames_times_and_repetition() -> None:
    content, frames = animation()
    made = process_image(content)
    stored = Image.open(io.BytesIO(made.content))
    assert stored.info["loop"] == 0
    for number, frame in enumerate(frames):
        stored.seek(number)
        assert stored.info["duration"] == 40 * (number + 1)
        assert is_like(stored, frame)
    with pytest.raises(EOFError):
        stored.seek(len(frames))
    assert opened(made.preview).size == (24, 16)


def test_animations_lose_everything_else() -> None:
    content, _ = animation()
    told = [
        extension(0xFE, SECRET),
        extension(0xFF, b"XMP DataXMP", SECRET),
        extension(0x01, b"\0" * 12, SECRET),
        extension(0x42, SECRET),
        extension(0xFF, b"NETSCAPE2.0", b"\x02" + SECRET),
    ]
    dirty = after_header(content, *told) + b"PK" + SECRET
    assert dirty.count(SECRET) == 6
    made = process_image(dirty)
    assert SECRET not in made.content
    assert made.content == process_image(content).content


def test_animations_in_other_formats_become_still() -> None:
    _, frames = animation()
    for kind in ("PNG", "WEBP"):
        moving = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        stored = opened(process_image(moving).content)
        assert getattr(stored, "n_frames", 1) == 1
        assert is_like(stored, frames[0])


def test_too_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_FRAMES", 2)
    with pytest.raises(UnusableImage, match="too long"):
        process_image(animation(3)[0])
    assert process_image(animation(2)[0])


def test_too_many_pixels_in_all_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_ANIMATED_PIXELS", 24 * 16 * 3 - 1)
    with pytest.raises(UnusableImage, match="too long or too large"):
        process_image(animation(3)[0])


def test_a_later_frame_that_is_huge() -> None:
    content, _ = animation(2)
    frame = content.rindex(b"\x2c\0\0\0\0")
    huge = content[: frame + 5] + b"\xff\xff\xff\xff" + content[frame + 9 :]
    with pytest.raises(UnusableImage):
        process_image(huge)


# Refusals


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html></html>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        saved(gradient(), "BMP"),
        saved(gradient(), "TIFF"),
        saved(gradient(), "ICO"),
        saved(gradient(), "JPEG2000"),
    ],
    ids=["empty", "header", "svg", "html", "pdf", "eps", "bmp", "tiff", "ico", "jpeg2000"],
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(UnusableImage):
        process_image(content)


@pytest.mark.parametrize(
    "size", [(7681, 4320), (33_177_601, 1), (65535, 65535), (2**31 - 1, 2**31 - 1), (0, 5)]
)
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    with pytest.raises(UnusableImage):
        process_image(png_claiming(*size))


def test_compressed_text_is_not_unpacked() -> None:
    with pytest.raises(UnusableImage):
        process_image(png_with_text_bomb())


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_files_are_refused(kind: str) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    content = saved(noise, kind)
    for part in (0.3, 0.6, 0.9):
        with pytest.raises(UnusableImage):
            process_image(content[: int(len(content) * part)])


def test_a_truncated_animation_is_refused() -> None:
    content, _ = animation()
    with pytest.raises(UnusableImage):
        process_image(content[:-20])


SEEDS = {kind: saved(gradient(12, 8), kind) for kind in FORMATS} | {"moving": animation(2)[0]}


@given(
    kind=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=6)), max_size=5),
    cut=st.integers(0, 10_000),
)
def test_any_damage_is_survived(kind: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    """Either an image of the same kind comes out, or it is refused."""
    content = bytearray(SEEDS[kind])
    for position, replacement in changes:
        place = position % len(content)
        content[place : place + len(replacement)] = replacement
    try:
        made = process_image(bytes(content[: max(cut, len(content) // 2)]))
    except UnusableImage:
        return
    assert opened(made.content).size[0] >= 1
    assert opened(made.preview).format == "WEBP"


@given(content=st.binary(max_size=400))
def test_any_bytes_are_survived(content: bytes) -> None:
    with pytest.raises(UnusableImage):
        process_image(content)


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for kind in FORMATS:
        process_image(saved(gradient(), kind))
    assert list(tmp_path.iterdir()) == []
