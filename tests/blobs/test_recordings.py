"""What ffprobe says, as values."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.blobs.recordings import (
    MOST_STREAMS,
    Limits,
    UnusableRecording,
    check,
    details,
    is_playable,
    read_probe,
)

LIMITS = Limits(seconds=60, size=1 << 20)
FILM = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "profile": "High",
    "pix_fmt": "yuv420p",
    "width": 640,
    "height": 360,
    "avg_frame_rate": "30000/1001",
}
SOUND = {
    "index": 1,
    "codec_type": "audio",
    "codec_name": "aac",
    "profile": "LC",
    "sample_rate": "48000",
    "channels": 2,
}
CONTAINER = {"duration": "12.5", "bit_rate": "900000"}


def told(*streams: dict[str, Any], **container: str) -> bytes:
    return json.dumps({"streams": streams, "format": CONTAINER | container}).encode()


def test_a_film() -> None:
    found = read_probe(told(FILM, SOUND))
    check(found, LIMITS)
    assert (found.kind, found.seconds, found.frame_rate) == ("video", 12.5, Fraction(30000, 1001))
    assert is_playable(found, "mov")
    assert details(found) == {
        "frame_rate": "30000/1001",
        "bitrate": 900000,
        "audio_encode": "aac",
        "audio_bitrate": "48000 Hz",
        "audio_channels": "stereo",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"codec_name": "hevc"},
        {"profile": "High 10"},
        {"pix_fmt": "yuv420p10le"},
        {"pix_fmt": "yuv444p"},
        {"field_order": "tt"},
        {"sample_aspect_ratio": "4:3"},
        {"side_data_list": [{"rotation": -90}]},
        {"width": 3840, "height": 2160},
        {"width": 641},
        {"avg_frame_rate": "120/1"},
    ],
)
def test_what_is_written_anew(change: dict[str, Any]) -> None:
    assert not is_playable(read_probe(told(FILM | change, SOUND)), "mov")


def test_more_that_is_written_anew() -> None:
    assert not is_playable(read_probe(told(FILM, SOUND)), "avi")
    assert not is_playable(read_probe(told(FILM, SOUND | {"codec_name": "opus"})), "mov")
    assert not is_playable(read_probe(told(FILM, SOUND | {"channels": 6})), "mov")
    assert not is_playable(read_probe(told(FILM, bit_rate="20000000")), "mov")
    assert not is_playable(read_probe(told(FILM, duration="N/A")), "mov")
    assert is_playable(read_probe(told(FILM)), "mov")


@pytest.mark.parametrize("rate", ["0/0", "", "90000/1", "-5/1", "x"])
def test_frame_rates_that_are_nonsense(rate: str) -> None:
    assert read_probe(told(FILM | {"avg_frame_rate": rate})).frame_rate == 30


def test_a_cover_is_no_film() -> None:
    cover = FILM | {"disposition": {"attached_pic": 1}, "codec_name": "mjpeg"}
    found = read_probe(told(cover, SOUND))
    assert (found.kind, found.video, found.picture and found.picture.index) == ("audio", None, 0)
    with pytest.raises(UnusableRecording, match="neither film nor sound"):
        read_probe(told(cover))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (told(), "neither film nor sound"),
        (told({"index": 0, "codec_type": "subtitle"}), "neither film nor sound"),
        (told(*[SOUND] * (MOST_STREAMS + 1)), "tracks"),
        (told(FILM | {"width": 20000, "height": 20000}), "too many pixels"),
        (told(SOUND, duration="3600"), "too long"),
        (b"", "damaged"),
        (b"[]", "damaged"),
    ],
)
def test_what_is_not_accepted(answer: bytes, why: str) -> None:
    with pytest.raises(UnusableRecording, match=why):
        check(read_probe(answer), LIMITS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["streams", "format", *FILM, *SOUND, *CONTAINER]), inner
            )
        ),
    )
)
def test_any_answer_is_survived(value: Any) -> None:
    for answer in (value, {"streams": value}, {"streams": [value], "format": value}):
        try:
            found = read_probe(json.dumps(answer).encode())
            check(found, LIMITS)
        except UnusableRecording:
            continue
        is_playable(found, "mov")
        assert isinstance(details(found), dict)
