"""What is kept of an animation, block by block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.blobs.gif import TooManyFrames, strip_gif
from tests.blobs.pictures import after_header, animation, extension

FRAME = b"\x2c" + b"\0\0\0\0\1\0\1\0\0" + b"\x02" + b"\x02\x44\x01" + b"\0"
START = b"GIF89a" + b"\1\0\1\0" + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
PLAIN = START + FRAME + b";"


def test_a_plain_file_stays_as_it_is() -> None:
    assert strip_gif(PLAIN, most_frames=1) == PLAIN
    content, _ = animation()
    assert strip_gif(content, most_frames=3) == content


def test_own_palettes_stay() -> None:
    frame = b"\x2c" + b"\0\0\0\0\1\0\1\0\x81" + b"\7" * 12 + b"\x02" + b"\x02\x44\x01" + b"\0"
    content = START + frame + b";"
    assert strip_gif(content, most_frames=1) == content


def test_timing_is_kept_in_its_plainest_form() -> None:
    dirty = extension(0xF9, b"\xe9\x05\0\1", b"hidden")
    clean = extension(0xF9, b"\x09\x05\0\1")
    assert strip_gif(START + dirty + FRAME + b";", most_frames=1) == START + clean + FRAME + b";"


@pytest.mark.parametrize("name", [b"NETSCAPE2.0", b"ANIMEXTS1.0"])
def test_repetition_is_kept_in_its_plainest_form(name: bytes) -> None:
    dirty = extension(0xFF, name, b"\xff\x05\0", b"hidden")
    clean = extension(0xFF, name, b"\x01\x05\0")
    assert strip_gif(START + dirty + FRAME + b";", most_frames=1) == START + clean + FRAME + b";"


@pytest.mark.parametrize(
    "block",
    [
        extension(0xFE, b"a comment"),
        extension(0xFF, b"XMP DataXMP", b"<x:xmpmeta/>"),
        extension(0xFF, b"NETSCAPE2.0"),
        extension(0xFF),
        extension(0x01, b"\0" * 12, b"plain text"),
        extension(0xF9, b"\0"),
        extension(0x99, b"?"),
        b"\0\0",
    ],
)
def test_other_blocks_go(block: bytes) -> None:
    assert strip_gif(after_header(PLAIN, block), most_frames=1) == PLAIN


def test_a_missing_end_is_added_and_what_follows_it_goes() -> None:
    assert strip_gif(PLAIN[:-1], most_frames=1) == PLAIN
    assert strip_gif(PLAIN + b"PK\5\6 and more", most_frames=1) == PLAIN


@pytest.mark.parametrize(
    "content", [b"", b"GIF88a" + PLAIN[6:], START + b";", START + b"\x77", PLAIN[:-2], PLAIN[:20]]
)
def test_broken_files(content: bytes) -> None:
    with pytest.raises(ValueError):
        strip_gif(content, most_frames=1)


def test_frames_are_counted() -> None:
    assert strip_gif(START + FRAME * 3 + b";", most_frames=3)
    with pytest.raises(TooManyFrames):
        strip_gif(START + FRAME * 4 + b";", most_frames=3)


@given(rest=st.binary(max_size=200))
def test_any_bytes_are_survived_and_stripping_twice_changes_nothing(rest: bytes) -> None:
    try:
        clean = strip_gif(START + rest, most_frames=5)
    except ValueError:
        return
    assert strip_gif(clean, most_frames=5) == clean
    assert len(clean) <= len(START) + len(rest) + 1
