"""Films and sounds with the real ffmpeg: good ones, and those that want to do harm."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from fedrse.blobs.conversions import Source
from fedrse.blobs.converter import Converted, Converter
from fedrse.blobs.formats import HEAD, sniff
from fedrse.blobs.programs import Programs
from fedrse.blobs.recordings import Limits, UnusableRecording
from fedrse.blobs.workers import FileWorkers
from tests.blobs import recordings as made
from tests.blobs.pictures import animation

pytestmark = made.needs_ffmpeg
LIMITS = Limits(seconds=10, size=4 << 20)


@pytest.fixture
async def converter() -> AsyncIterator[Converter]:
    workers = FileWorkers()
    yield Converter(Programs("ffmpeg"), workers, LIMITS)
    workers.close()


async def converted(converter: Converter, path: Path, demuxer: str | None = None) -> Converted:
    """What becomes of a file, read as what it is."""
    if demuxer is None:
        found = sniff(path.read_bytes()[:HEAD])
        assert found is not None
        demuxer = found.demuxer
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    return await converter.convert(Source(path, demuxer), folder)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain.mp4", ("-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p")),
        ("rich.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv444p")),
        ("old.avi", ("-c:v", "mpeg4", "-c:a", "mp3")),
        ("web.webm", ("-c:v", "libvpx", "-deadline", "realtime")),
        ("camera.mov", ("-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le")),
    ],
)
async def test_films(
    converter: Converter, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    source = made.film(tmp_path, name, options=options)
    found = await converted(converter, source)
    assert (found.kind, found.media_type) == ("video", "video/mp4")
    assert (found.width, found.height) == (320, 180)
    assert found.seconds is not None
    assert 1.8 < found.seconds < 2.3
    content = found.path.read_bytes()
    assert len(content) == found.size
    assert made.SECRET in source.read_bytes()
    assert made.SECRET not in content
    assert content.index(b"moov") < content.index(b"mdat")
    told = made.probe(found.path)
    assert "codec_name=h264" in told
    assert "pix_fmt=yuv420p" in told
    assert "codec_name=aac" in told
    assert "profile=High 4:4:4" not in told
    assert found.preview is not None
    assert found.preview.preview_width == 320


async def test_sizes(converter: Converter, tmp_path: Path) -> None:
    """Large ones become smaller, odd ones even, turned ones upright."""
    large = made.film(tmp_path, "l.mkv", size="2560x1440", seconds=0.4, sound=False)
    found = await converted(converter, large)
    assert (found.width, found.height) == (1920, 1080)
    odd = made.film(tmp_path, "o.mkv", size="101x51", sound=False, options=("-pix_fmt", "yuv444p"))
    found = await converted(converter, odd)
    assert (found.width, found.height) == (100, 50)
    lying = made.film(tmp_path, "plain.mp4", options=("-pix_fmt", "yuv420p"))
    content = bytearray(lying.read_bytes())
    # The matrix of the film's track (ISO 14496-12, 8.3.2): a quarter of a turn.
    start = content.index(b"tkhd") + 44
    turned = (0, 0x10000, 0, -0x10000, 0, 0, 180 << 16, 0, 0x40000000)
    content[start : start + 36] = struct.pack(">9i", *turned)
    (tmp_path / "turned.mp4").write_bytes(content)
    found = await converted(converter, tmp_path / "turned.mp4")
    assert (found.width, found.height) == (180, 320)


async def test_quick_films_are_thinned_out(converter: Converter, tmp_path: Path) -> None:
    source = made.film(tmp_path, "quick.mkv", rate="200", seconds=1, sound=False)
    found = await converted(converter, source)
    assert found.details["frame_rate"] == "60/1"


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.flac", "a.wav", "a.m4a", "a.aac", "a.webm"])
async def test_sounds(converter: Converter, tmp_path: Path, name: str) -> None:
    found = await converted(converter, made.sound(tmp_path, name))
    assert (found.kind, found.media_type, found.width) == ("audio", "audio/mpeg", None)
    assert found.preview is None
    assert found.details["audio_encode"] == "mp3"
    assert made.SECRET not in found.path.read_bytes()
    assert b"ID3" not in found.path.read_bytes()[:10]


async def test_a_cover_becomes_the_thumbnail(converter: Converter, tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "cover.png")
    plain = made.sound(tmp_path)
    cover = ("-i", str(tmp_path / "cover.png"), "-map", "0", "-map", "1", "-c", "copy")
    with_cover = made.convert(
        plain, tmp_path / "cover.mp3", *cover, "-disposition:v", "attached_pic"
    )
    found = await converted(converter, with_cover)
    assert found.kind == "audio"
    assert found.preview is not None
    assert (found.preview.preview_width, found.preview.preview_height) == (90, 60)
    assert b"PNG" not in found.path.read_bytes()


async def test_moving_pictures(converter: Converter, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(animation()[0])
    found = await converted(converter, tmp_path / "a.gif", "gif")
    assert (found.kind, found.width, found.height) == ("video", 24, 16)


# Hostile ones


@pytest.mark.parametrize("demuxer", ["mov", "matroska", "mp3", "ogg", "wav", "avi", "asf", "gif"])
@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile {secret}\n",
        b"1\n00:00:00,000 --> 00:00:10,000\n<font face='file://{secret}'>x</font>\n",
        bytes(2000),
        b"\xff" * 2000,
    ],
)
async def test_lists_are_never_read_as_such(
    converter: Converter, tmp_path: Path, demuxer: str, content: bytes
) -> None:
    """Whatever format somebody claims: no other file is opened."""
    other = made.sound(tmp_path, "other.wav", seconds=1)
    listing = tmp_path / "listing"
    listing.write_bytes(content.replace(b"{secret}", str(other).encode()))
    with pytest.raises(UnusableRecording):
        await converted(converter, listing, demuxer)


async def test_references_to_other_files(converter: Converter, tmp_path: Path) -> None:
    """QuickTime may keep its frames in another file (``dref``, ISO 14496-12, 8.7.2)."""
    source = made.film(tmp_path, "a.mov", options=("-pix_fmt", "yuv420p"))
    content = source.read_bytes()
    start = content.index(b"url \0\0\0\x01")
    # "The data is in this file" becomes "it is elsewhere".
    changed = content[:start] + b"alis\0\0\0\0" + content[start + 8 :]
    (tmp_path / "b.mov").write_bytes(changed)
    try:
        found = await converted(converter, tmp_path / "b.mov")
    except UnusableRecording:
        return
    assert found.width == 320  # read as if it were in this file, which is harmless


async def test_thousands_of_tracks(converter: Converter, tmp_path: Path) -> None:
    content = made.film(tmp_path, "a.mp4", sound=False).read_bytes()
    start = content.index(b"trak") - 4
    track = content[start : start + int.from_bytes(content[start : start + 4], "big")]
    movie = content.index(b"moov") - 4
    size = int.from_bytes(content[movie : movie + 4], "big")
    more = track * 3000
    grown = struct.pack(">I", size + len(more))
    many = content[:movie] + grown + content[movie + 4 : start] + more + content[start:]
    (tmp_path / "many.mp4").write_bytes(many)
    with pytest.raises(UnusableRecording):
        await converted(converter, tmp_path / "many.mp4")


async def test_more_pixels_than_accepted(converter: Converter, tmp_path: Path) -> None:
    huge = made.film(tmp_path, "h.mkv", size="4096x4096", rate="1", seconds=1, sound=False)
    with pytest.raises(UnusableRecording, match="too many pixels"):
        await converted(converter, huge)


async def test_longer_than_it_says(converter: Converter, tmp_path: Path) -> None:
    """Without a duration in the head the real one is found out, and is too much."""
    long = made.sound(tmp_path, "l.webm", seconds=30)
    content = long.read_bytes()
    start = content.index(b"\x44\x89\x88")  # Duration of Matroska, eight bytes
    short = content[: start + 3] + struct.pack(">d", 1000.0) + content[start + 11 :]
    (tmp_path / "s.webm").write_bytes(short)
    with pytest.raises(UnusableRecording, match="too long"):
        await converted(converter, tmp_path / "s.webm")


async def test_broken_off(converter: Converter, tmp_path: Path) -> None:
    content = made.film(tmp_path, "a.mp4").read_bytes()
    for length in (20, 200, len(content) // 2):
        (tmp_path / "b.mp4").write_bytes(content[:length])
        with pytest.raises(UnusableRecording):
            await converted(converter, tmp_path / "b.mp4")


async def test_messages_inside_of_the_film_go(converter: Converter, tmp_path: Path) -> None:
    """Cameras write times and places between the frames (SEI); a copy leaves them out."""
    note = "086f3693b7b34f2c965321492feee5b8++47.2184-001.5536/"
    plain = made.film(tmp_path, "p.mp4", options=("-profile:v", "main", "-pix_fmt", "yuv420p"))
    told = made.convert(
        plain, tmp_path / "t.mp4", "-c", "copy", "-bsf:v", f"h264_metadata=sei_user_data={note}",
        "-map_metadata", "-1",
    )  # fmt: skip
    assert made.SECRET in told.read_bytes()
    found = await converted(converter, told)
    assert made.SECRET not in found.path.read_bytes()


async def test_random_damage(converter: Converter, tmp_path: Path) -> None:
    """Any byte may be wrong: the answer is a film or a refusal, never anything else."""
    content = made.film(tmp_path, "a.webm", size="64x48", seconds=0.5).read_bytes()
    for number in range(8):
        broken = bytearray(content)
        for place in range(number * 7 + 50, len(broken), 997):
            broken[place] ^= 0x5A
        (tmp_path / "b.webm").write_bytes(broken)
        try:
            found = await converted(converter, tmp_path / "b.webm", "matroska")
        except UnusableRecording:
            continue
        assert found.size > 0
