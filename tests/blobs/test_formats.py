"""What a file is by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.blobs.formats import HEAD, Family, sniff
from tests.blobs import recordings as made
from tests.blobs.pictures import FORMATS, gradient, saved


@given(st.binary(max_size=HEAD))
@example(b"\xff")
@example(b"RIFF")
@example(b"\0\0\0\x18ftyp")
def test_any_bytes_are_survived(head: bytes) -> None:
    found = sniff(head)
    if found is not None:
        assert bool(found.demuxer) == (found.family is Family.RECORDING)


@pytest.mark.parametrize("kind", FORMATS)
def test_pictures(kind: str) -> None:
    found = sniff(saved(gradient(), kind)[:HEAD])
    assert found is not None
    assert found.family is Family.PICTURE


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"[playlist]\nFile1=http://127.0.0.1/\n",
        b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>',
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"WEBVTT\n\n00:00.000 --> 00:01.000\nx",
        b"\0\0\x01\xba" + bytes(40),
        b"%PDF-1.7",
        b"<html>",
        b"MZ",
        b"",
    ],
)
def test_lists_of_other_files_and_strangers_are_nothing(content: bytes) -> None:
    assert sniff(content[:HEAD]) is None


@made.needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "demuxer"),
    [
        ("a.mp4", "mov"),
        ("a.mov", "mov"),
        ("a.webm", "matroska"),
        ("a.mkv", "matroska"),
        ("a.avi", "avi"),
        ("a.ogg", "ogg"),
        ("a.mp3", "mp3"),
        ("a.aac", "aac"),
        ("a.flac", "flac"),
        ("a.wav", "wav"),
        ("a.m4a", "mov"),
        ("a.wma", "asf"),
        ("a.aiff", "aiff"),
    ],
)
def test_what_ffmpeg_writes_is_known(tmp_path: Path, name: str, demuxer: str) -> None:
    plain = ("-map_metadata", "-1", "-write_id3v1", "0") if name == "a.mp3" else ()
    content = made.sound(tmp_path, name, seconds=0.5, options=plain).read_bytes()
    found = sniff(content[:HEAD])
    assert found is not None
    assert (found.family, found.demuxer) == (Family.RECORDING, demuxer)
    if name == "a.mp3":  # without the mark in front, as streams have it
        start = content.index(b"\xff\xfb")
        bare = sniff(content[start : start + HEAD])
        assert bare is not None
        assert bare.demuxer == "mp3"
