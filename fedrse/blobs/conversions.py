"""Arguments of ffmpeg and ffprobe for each thing that is done with a film or sound.

What every client plays: H.264 (main, 4:2:0) with AAC in MP4 that can start before it is complete,
and MP3. Only one track of film and one of sound are taken over, and no metadata: neither of the
file nor of its tracks, chapters, subtitles, data (places, sensors) nor messages inside of H.264.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from msgspec import Struct

from fedrse.blobs.recordings import (
    ENTRIES,
    LARGEST_SIDE,
    MOST_FRAME_RATE,
    MOST_PIXELS,
    MOST_STREAMS,
    Limits,
    Recording,
    is_playable,
)

_MOST_BIT_RATE = 5_000_000  # of a film
_LEAST_BIT_RATE = 250_000
_SOUND_BIT_RATE = 128_000
_MOST_MP3_BIT_RATE = 320_000
_THREADS = "2"
_QUIET = ("-hide_banner", "-v", "error")
# Frames and orders that mean nothing to a player: "supplemental enhancement information", where
# cameras write times and places, and data behind the end (ITU-T H.264, 7.4.1).
_NO_MESSAGES = "filter_units=remove_types=6|9|12"
_STILL_SIDE = 640
_LONGER = 1  # seconds: what is longer than accepted shows by that, instead of just ending there


class Source(Struct, frozen=True):
    """A file, and the format as which it is read."""

    path: Path
    demuxer: str


def probe(source: Source) -> list[str]:
    """For ffprobe: what is in the file, as JSON for ``read_probe``."""
    guarded = _guarded(source)
    return [*_QUIET, "-show_entries", ENTRIES, "-of", "json=c=1", *guarded]


def convert(source: Source, recording: Recording, target: Path, limits: Limits) -> list[str]:
    """For ffmpeg: a file that every client plays."""
    sound = _sound_of(recording)
    if recording.video is None:
        codec = _copied_or_mp3(recording)
        head = _head(source, threads=_THREADS)
        kept = _kept(sound, limits)
        return [*head, *kept, "-vn", *codec, "-id3v2_version", "0", "-f", "mp3", str(target)]
    tracks = ["-map", f"0:{recording.video.index}", *sound]
    return [
        *_head(source, threads=_THREADS),
        *_kept(tracks, limits),
        *(_copied() if is_playable(recording, source.demuxer) else _encoded(recording, limits)),
        *("-movflags", "+faststart", "-f", "mp4", str(target)),
    ]


def still(source: Source, stream: int, target: Path, *, at: float) -> list[str]:
    """For ffmpeg: one frame as PNG, ``at`` in seconds."""
    return [
        *_head(source, threads="1", start=at),
        *("-map", f"0:{stream}", "-an", "-frames:v", "1", "-map_metadata", "-1"),
        *("-vf", f"{_scaled(_STILL_SIDE)},format=rgb24"),
        *("-c:v", "png", "-f", "image2", "-update", "1", str(target)),
    ]


def _guarded(source: Source) -> list[str]:
    """The file as this format and no other; it cannot name other files, nor addresses."""
    return [
        *("-protocol_whitelist", "file", "-max_streams", str(MOST_STREAMS)),
        *("-f", source.demuxer, "-i", f"file:{source.path}"),
    ]


def _head(source: Source, *, threads: str, start: float = 0) -> list[str]:
    seek = ["-ss", f"{start:.3f}"] if start else []
    decoding = ["-max_pixels", str(MOST_PIXELS), "-threads", threads]
    return [*_QUIET, "-nostdin", "-y", *decoding, *seek, *_guarded(source)]


def _kept(tracks: Sequence[str], limits: Limits) -> list[str]:
    return [
        *tracks,
        *("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-flags:v", "+bitexact", "-flags:a", "+bitexact"),
        *("-t", str(limits.seconds + _LONGER)),
    ]


def _sound_of(recording: Recording) -> list[str]:
    return [] if recording.audio is None else ["-map", f"0:{recording.audio.index}"]


def _copied() -> list[str]:
    return ["-c", "copy", "-bsf:v", _NO_MESSAGES]


def _scaled(side: int) -> str:
    """Square pixels, even sizes, no side longer than this."""
    factor = f"min(1,{side}/max(iw*sar,ih))"
    width, height = f"trunc(iw*sar*{factor}/2)*2", f"trunc(ih*{factor}/2)*2"
    return f"scale=w='max(2,{width})':h='max(2,{height})',setsar=1"


def _encoded(recording: Recording, limits: Limits) -> list[str]:
    rate = min(recording.frame_rate, Fraction(MOST_FRAME_RATE))
    most, scaled = _bit_rate(recording, limits), _scaled(LARGEST_SIDE)
    return [
        *("-vf", f"fps={rate.numerator}/{rate.denominator},{scaled},format=yuv420p"),
        *("-threads", _THREADS),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-crf", "23"),
        *("-maxrate", str(most), "-bufsize", str(2 * most)),
        *("-c:a", "aac", "-b:a", str(_SOUND_BIT_RATE), "-ac", _channels(recording)),
    ]


def _bit_rate(recording: Recording, limits: Limits) -> int:
    """As good as it can be without becoming larger than what may be sent."""
    if recording.seconds is None:
        return _MOST_BIT_RATE
    fitting = int(limits.size * 8 / max(recording.seconds, 1.0)) - _SOUND_BIT_RATE
    return max(_LEAST_BIT_RATE, min(_MOST_BIT_RATE, fitting))


def _copied_or_mp3(recording: Recording) -> list[str]:
    sound = recording.audio
    known = recording.bit_rate is not None and recording.bit_rate <= _MOST_MP3_BIT_RATE
    if sound is not None and sound.codec_name == "mp3" and known:
        return ["-c:a", "copy"]
    return ["-c:a", "libmp3lame", "-q:a", "2", "-ac", _channels(recording)]


def _channels(recording: Recording) -> str:
    most = 2 if recording.audio is None else recording.audio.channels
    return "1" if most == 1 else "2"
