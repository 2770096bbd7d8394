"""Runs ffmpeg and ffprobe on hostile files: with few rights, for a while, and little said back."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import Struct

CONFINE = Path(__file__).with_name("confine.py")
NEEDED = ("libx264", "aac", "libmp3lame", "png")  # encoders
MOST_MEMORY = 3 << 30  # bytes of address space
MOST_OPEN_FILES = 64
MOST_OUTPUT = 1 << 18  # bytes of text
_START_SECONDS = 20.0
log = structlog.get_logger(__name__)


class ProgramFailed(Exception):
    """A program ended with an error, said too much or took too long; the message is its last."""


class Bounds(Struct, frozen=True, kw_only=True):
    """What one run may take: seconds by the clock, and bytes of each file that it writes."""

    seconds: float
    written: int = 1 << 20


class Programs:
    """ffmpeg and ffprobe, if this machine has them."""

    def __init__(self, ffmpeg: str) -> None:
        """``ffmpeg`` is a name on PATH or a path, empty for none; ffprobe lies beside it."""
        self.ffmpeg = shutil.which(ffmpeg) if ffmpeg and sys.platform != "win32" else None
        self.ffprobe = self._beside(self.ffmpeg)
        self._ready: asyncio.Task[bool] | None = None

    @staticmethod
    def _beside(ffmpeg: str | None) -> str | None:
        if ffmpeg is None:
            return None
        name = "ffprobe"
        return shutil.which(name, path=str(Path(ffmpeg).parent)) or shutil.which(name)

    async def ready(self) -> bool:
        """Whether both are there and can write what is needed; found out once."""
        if self.ffmpeg is None or self.ffprobe is None:
            return False
        if self._ready is None:
            self._ready = asyncio.ensure_future(self._look(self.ffmpeg))
        return await asyncio.shield(self._ready)

    async def _look(self, ffmpeg: str) -> bool:
        try:
            said = await self.run(
                [ffmpeg, "-hide_banner", "-v", "error", "-encoders"],
                Bounds(seconds=_START_SECONDS),
            )
        except ProgramFailed as error:
            log.warning("ffmpeg_not_usable", program=ffmpeg, why=str(error))
            return False
        words = set(said.decode(errors="replace").split())
        missing = [name for name in NEEDED if name not in words]
        if missing:
            log.warning("ffmpeg_not_usable", program=ffmpeg, missing_encoders=missing)
        return not missing

    async def run(
        self, command: Sequence[str], bounds: Bounds, *, folder: Path | None = None
    ) -> bytes:
        """What the program printed. Raises ProgramFailed.

        ``folder`` is where it runs. When the caller is cancelled, it is ended.
        """
        limits = {
            "AS": MOST_MEMORY,
            "CPU": int(bounds.seconds * 2) + 1,
            "FSIZE": bounds.written,
            "NOFILE": MOST_OPEN_FILES,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(CONFINE)),
            ",".join(f"{name}={most}" for name, most in limits.items()),
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env={"LC_ALL": "C"},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(bounds.seconds):
                return await _answer(process)
        except TimeoutError as error:
            raise ProgramFailed("it took too long") from error
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None and process.stderr is not None  # noqa: S101,PT018  (pipes)
    said, complaints = await asyncio.gather(_all(process.stdout), _last(process.stderr))
    code = await process.wait()
    if code:
        raise ProgramFailed(complaints or f"it ended with {code}")
    return said


async def _all(stream: asyncio.StreamReader) -> bytes:
    found = bytearray()
    while piece := await stream.read(1 << 16):
        found += piece
        if len(found) > MOST_OUTPUT:
            raise ProgramFailed("it said too much")
    return bytes(found)


async def _last(stream: asyncio.StreamReader) -> str:
    """The end of what it complains about; a broken file may give rise to megabytes of it."""
    kept = b""
    while piece := await stream.read(1 << 16):
        kept = (kept + piece)[-500:]
    return kept.decode(errors="replace").strip()
