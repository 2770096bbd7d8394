"""Films and sounds as values: what ffprobe says, what is accepted, what clients are told."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import Struct

MOST_STREAMS = 32
MOST_PIXELS = 8_294_400  # 3840 x 2160, standing or lying
MOST_FRAME_RATE = 60  # frames per second that are kept
TOLD_FRAME_RATE = 120  # that clients may send; what has more is thinned out like the rest
_NONSENSE = 240  # some files count ticks of a clock as frames
_USUAL_FRAME_RATE = Fraction(30)
LARGEST_SIDE = 1920  # larger films are scaled down
VIDEO_TYPE = ("video/mp4", "mp4")
AUDIO_TYPE = ("audio/mpeg", "mp3")
# What clients may send; what a file is comes from its content.
ACCEPTED = (
    *("video/mp4", "video/quicktime", "video/webm", "video/ogg", "video/x-matroska"),
    *("video/x-msvideo", "video/3gpp", "video/x-ms-asf"),
    *("audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/aac"),
    *("audio/ogg", "audio/vorbis", "audio/webm", "audio/flac", "audio/x-flac", "audio/3gpp"),
    *("audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave", "audio/aiff", "audio/x-aiff"),
)
_COPIED_PROFILES = {"Constrained Baseline", "Baseline", "Main", "High"}
_COPIED_BIT_RATE = 8_000_000
_LAYOUTS = {1: "mono", 2: "stereo"}


class UnusableRecording(ValueError):
    """Not a film or sound that is accepted; the message is for the person."""


class Limits(Struct, frozen=True, kw_only=True):
    """What is accepted: seconds of playing, and bytes of a file."""

    seconds: int
    size: int


class _Disposition(msgspec.Struct):
    attached_pic: int = 0


class _SideData(msgspec.Struct):
    rotation: float = 0


class _Stream(msgspec.Struct):
    index: int
    codec_type: str = ""
    codec_name: str = ""
    profile: str = ""
    pix_fmt: str = ""
    field_order: str = ""
    width: int = 0
    height: int = 0
    sample_aspect_ratio: str = ""
    avg_frame_rate: str = ""
    r_frame_rate: str = ""
    sample_rate: str = ""
    channels: int = 0
    disposition: _Disposition = msgspec.field(default_factory=_Disposition)
    side_data_list: list[_SideData] = msgspec.field(default_factory=list)


class _Container(msgspec.Struct):
    duration: str = ""
    bit_rate: str = ""


class _Answer(msgspec.Struct):
    streams: list[_Stream] = msgspec.field(default_factory=list)
    format: _Container = msgspec.field(default_factory=_Container)


# The members above, as ffprobe is asked for them.
ENTRIES = (
    "format=duration,bit_rate:stream=index,codec_type,codec_name,profile,pix_fmt,field_order,width,"
    "height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,sample_rate,channels:"
    "stream_disposition=attached_pic:stream_side_data=rotation"
)


class Recording(Struct, frozen=True, kw_only=True):
    """A film or sound; seconds, pixels, bits per second. ``*_stream`` are its numbers in the file.

    ``seconds`` None: the file does not say. ``picture`` of a sound is its cover.
    """

    seconds: float | None
    bit_rate: int | None
    video: _Stream | None
    picture: _Stream | None
    audio: _Stream | None

    @property
    def kind(self) -> str:
        return "audio" if self.video is None else "video"

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second on average; a usual number where the file says none, or nonsense."""
        rate = None if self.video is None else _rate(self.video.avg_frame_rate)
        return _USUAL_FRAME_RATE if rate is None or rate > _NONSENSE else rate


def read_probe(answer: bytes) -> Recording:
    """What ffprobe said. Raises UnusableRecording where that is nothing to play."""
    try:
        found = msgspec.json.decode(answer, type=_Answer)
    except msgspec.DecodeError as error:
        raise UnusableRecording("This file is damaged") from error
    if len(found.streams) > MOST_STREAMS:
        raise UnusableRecording(f"This file has more than {MOST_STREAMS} tracks")
    films = [one for one in found.streams if one.codec_type == "video" and one.width > 0]
    films = [one for one in films if one.height > 0]
    sounds = [one for one in found.streams if one.codec_type == "audio" and one.codec_name]
    moving = [one for one in films if not one.disposition.attached_pic]
    covers = [one for one in films if one.disposition.attached_pic]
    if not moving and not sounds:
        raise UnusableRecording("This file has neither film nor sound")
    return Recording(
        seconds=_number(found.format.duration),
        bit_rate=int(_number(found.format.bit_rate) or 0) or None,
        video=moving[0] if moving else None,
        picture=next(iter(moving or covers), None),
        audio=sounds[0] if sounds else None,
    )


def check(recording: Recording, limits: Limits) -> None:
    """Raises UnusableRecording for what would be too much to read or to show.

    The file may lie: ``conversions`` bounds what is really read and written.
    """
    if recording.seconds is not None and recording.seconds > limits.seconds:
        minutes = limits.seconds // 60
        raise UnusableRecording(f"This recording is too long (at most {minutes} minutes)")
    for film in (recording.video, recording.picture):
        if film is not None and film.width * film.height > MOST_PIXELS:
            raise UnusableRecording("This film has too many pixels (at most 3840 x 2160)")


def is_playable(recording: Recording, demuxer: str) -> bool:
    """Whether every client plays it as it is, so that only its metadata has to go.

    H.264 up to High in 4:2:0, with AAC or silent, not larger nor quicker than what is made here.
    """
    film, sound, rate = recording.video, recording.audio, recording.frame_rate
    if film is None or demuxer not in {"mov", "matroska"}:
        return False
    plain_film = (
        film.codec_name == "h264"
        and film.profile in _COPIED_PROFILES
        and film.pix_fmt == "yuv420p"
        and film.field_order in {"", "progressive", "unknown"}
        and film.sample_aspect_ratio in {"", "0:1", "1:1"}
        and not any(side.rotation for side in film.side_data_list)
        and max(film.width, film.height) <= LARGEST_SIDE
        and film.width % 2 == 0 == film.height % 2
        and rate <= MOST_FRAME_RATE
    )
    plain_sound = sound is None or (
        sound.codec_name == "aac" and sound.profile == "LC" and sound.channels in _LAYOUTS
    )
    known = recording.seconds is not None and recording.bit_rate is not None
    return plain_film and plain_sound and known and (recording.bit_rate or 0) <= _COPIED_BIT_RATE


def details(recording: Recording) -> dict[str, Any]:
    """What a client may want to know beyond sizes, in the words of Mastodon's ``meta``."""
    found: dict[str, Any] = {}
    if recording.video is not None:
        rate = recording.frame_rate
        found["frame_rate"] = f"{rate.numerator}/{rate.denominator}"
    if recording.bit_rate:
        found["bitrate"] = recording.bit_rate
    if recording.audio is not None:
        sound = recording.audio
        found["audio_encode"] = sound.codec_name
        found["audio_bitrate"] = f"{sound.sample_rate} Hz"
        found["audio_channels"] = _LAYOUTS.get(sound.channels, str(sound.channels))
    return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _rate(text: str) -> Fraction | None:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
    return rate if rate > 0 else None
