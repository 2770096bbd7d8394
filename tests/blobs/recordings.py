"""Films and sounds for tests, made by the real ffmpeg; hostile ones by hand."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SECRET = b"+47.2184-001.5536/"
TESTSRC = "testsrc=size={size}:rate={rate}:duration={seconds}"
SINE = "sine=duration={seconds}"

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None and "CI" not in os.environ,
    reason="needs ffmpeg (on Debian: apt-get install ffmpeg); .ci/run installs it",
)


def film(
    folder: Path,
    name: str = "film.mp4",
    *,
    size: str = "320x180",
    rate: str = "25",
    seconds: float = 2,
    sound: bool = True,
    options: tuple[str, ...] = (),
) -> Path:
    """A film that tells where it was made."""
    picture = TESTSRC.format(size=size, rate=rate, seconds=seconds)
    inputs = ["-f", "lavfi", "-i", picture]
    if sound:
        inputs += ["-f", "lavfi", "-i", SINE.format(seconds=seconds)]
    metadata = [*_secret("location"), *_secret("title"), *_secret("comment")]
    return _made(folder / name, [*inputs, *metadata, *options])


def sound(
    folder: Path, name: str = "sound.mp3", *, seconds: float = 2, options: tuple[str, ...] = ()
) -> Path:
    """A sound that tells where it was made."""
    inputs = ["-f", "lavfi", "-i", SINE.format(seconds=seconds)]
    return _made(folder / name, [*inputs, *_secret("title"), *_secret("comment"), *options])


def convert(source: Path, target: Path, *options: str) -> Path:
    """Whatever ffmpeg makes of another file."""
    return _made(target, ["-i", str(source), *options])


def _secret(name: str) -> list[str]:
    return ["-metadata", f"{name}={SECRET.decode()}"]


def _made(target: Path, arguments: list[str]) -> Path:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments, str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def probe(path: Path) -> str:
    """Everything that ffprobe knows about a file."""
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters"]
    return subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout


def atom(name: bytes, content: bytes) -> bytes:
    """A box of MP4 (ISO 14496-12)."""
    return struct.pack(">I", 8 + len(content)) + name + content
