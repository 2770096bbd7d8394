"""What a file is by its first bytes; what clients claim about it does not count.

The reader of films and sounds is told the format instead of guessing it, so that a file can never
be taken for a list of other files (HLS, concat, subtitles), which it might then open.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

HEAD = 64  # bytes that are enough


class Family(StrEnum):
    """What reads a file: Pillow (pictures) or ffmpeg (films and sounds)."""

    PICTURE = "picture"
    RECORDING = "recording"


class Format(Struct, frozen=True):
    """``demuxer`` is the name that ffmpeg has for it, empty for pictures."""

    family: Family
    demuxer: str = ""


PICTURE = Format(Family.PICTURE)
_PICTURE_BRANDS = {
    *(b"avif", b"avis"),
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
}
_STARTS = (
    (b"\xff\xd8\xff", PICTURE),
    (b"\x89PNG\r\n\x1a\n", PICTURE),
    (b"GIF87a", PICTURE),
    (b"GIF89a", PICTURE),
    (b"\x1aE\xdf\xa3", Format(Family.RECORDING, "matroska")),  # and WebM
    (b"OggS", Format(Family.RECORDING, "ogg")),
    (b"fLaC", Format(Family.RECORDING, "flac")),
    (b"ID3", Format(Family.RECORDING, "mp3")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format(Family.RECORDING, "asf")),
)
_RIFF = {
    b"WEBP": PICTURE,
    b"WAVE": Format(Family.RECORDING, "wav"),
    b"AVI ": Format(Family.RECORDING, "avi"),
}
_MOV = Format(Family.RECORDING, "mov")
# Films of old cameras begin with one of these, without saying what they are.
_MOV_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip"}


def sniff(head: bytes) -> Format | None:
    """The format of a file of which these are the first bytes (``HEAD``), None: unknown."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return Format(Family.RECORDING, "aiff")
    if head[4:8] == b"ftyp":
        return PICTURE if head[8:12] in _PICTURE_BRANDS else _MOV
    if head[4:8] in _MOV_ATOMS:
        return _MOV
    return _bare_sound(head)


def _bare_sound(head: bytes) -> Format | None:
    """Frames of sound without a container (ISO 13818-3 and -7, ADTS)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return Format(Family.RECORDING, "aac")
    has_layer = head[1] & 0x06 != 0
    has_rates = head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C
    return Format(Family.RECORDING, "mp3") if has_layer and has_rates else None
