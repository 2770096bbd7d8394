"""Films and sounds: looked at, made playable for everybody, with thumbnail. Needs ffmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from fedrse.blobs import conversions
from fedrse.blobs.conversions import Source
from fedrse.blobs.pictures import ProcessedImage, UnusableImage, process_file
from fedrse.blobs.programs import Bounds, ProgramFailed, Programs
from fedrse.blobs.recordings import (
    AUDIO_TYPE,
    VIDEO_TYPE,
    Limits,
    Recording,
    UnusableRecording,
    check,
    details,
    read_probe,
)
from fedrse.blobs.workers import FileWorkers

PROBE_SECONDS = 20.0
STILL_SECONDS = 60.0
SHORTEST, LONGEST = 120.0, 3600.0  # seconds that a conversion may take
_SLOWEST = 10  # seconds of work for a second that is played
_STILL_SIZE = 64 << 20  # bytes
_GROWTH = 2  # a file may become larger than what was sent
_FAILED = "This file could not be converted"
_NO_SPACE = "No space left on device"


class Converted(Struct, frozen=True, kw_only=True):
    """A file that every client plays; seconds and pixels. ``preview``: a frame, or the cover."""

    path: Path
    kind: str
    media_type: str
    extension: str
    size: int
    seconds: float | None
    width: int | None
    height: int | None
    details: dict[str, Any]
    preview: ProcessedImage | None


class Converter:
    """Uses one folder per file for what it writes; the caller makes and removes it."""

    def __init__(self, programs: Programs, workers: FileWorkers, limits: Limits) -> None:
        self._programs = programs
        self._workers = workers
        self.limits = limits

    async def ready(self) -> bool:
        """Whether this machine can do it."""
        return await self._programs.ready()

    async def look(self, source: Source) -> Recording:
        """What a file holds. Raises UnusableRecording where it is not accepted."""
        try:
            answer = await self._programs.run(
                [str(self._programs.ffprobe), *conversions.probe(source)],
                Bounds(seconds=PROBE_SECONDS),
            )
        except ProgramFailed as error:
            raise UnusableRecording("This file is damaged") from error
        recording = read_probe(answer)
        check(recording, self.limits)
        return recording

    async def convert(self, source: Source, folder: Path) -> Converted:
        """The file as everybody plays it, in ``folder``.

        Raises UnusableRecording, and OSError where the disk is full.
        """
        recording = await self.look(source)
        media_type, extension = VIDEO_TYPE if recording.video is not None else AUDIO_TYPE
        target = Source(folder / f"converted.{extension}", "mp3" if extension == "mp3" else "mov")
        command = conversions.convert(source, recording, target.path, self.limits)
        seconds = SHORTEST + _SLOWEST * (recording.seconds or self.limits.seconds)
        size = max(self.limits.size * _GROWTH, 1 << 20)
        await self._run(command, Bounds(seconds=min(seconds, LONGEST), written=size), folder)
        # What it says now is true: it was written here.
        made = await self.look(target)
        if made.seconds is None:
            raise UnusableRecording(_FAILED)
        preview: ProcessedImage | None
        if made.video is not None:
            still = (target, made.video.index, min(1.0, made.seconds / 2))
            preview = await self._preview(*still, folder)
        else:
            preview = await self._cover(source, recording, folder)
        return Converted(
            path=target.path,
            kind=recording.kind,
            media_type=media_type,
            extension=extension,
            size=target.path.stat().st_size,
            seconds=made.seconds,
            width=None if made.video is None else made.video.width,
            height=None if made.video is None else made.video.height,
            details=details(made),
            preview=preview,
        )

    async def _cover(
        self, source: Source, recording: Recording, folder: Path
    ) -> ProcessedImage | None:
        """The picture that a sound brings along, if it can be read."""
        if recording.picture is None:
            return None
        try:
            return await self._preview(source, recording.picture.index, 0, folder)
        except (UnusableRecording, UnusableImage):
            return None

    async def _preview(
        self, source: Source, stream: int, at: float, folder: Path
    ) -> ProcessedImage:
        frame = folder / "frame.png"
        command = conversions.still(source, stream, frame, at=at)
        await self._run(command, Bounds(seconds=STILL_SECONDS, written=_STILL_SIZE), folder)
        try:
            return await self._workers.run(process_file, str(frame))
        except FileNotFoundError as error:
            raise UnusableRecording(_FAILED) from error

    async def _run(self, command: list[str], bounds: Bounds, folder: Path) -> None:
        try:
            await self._programs.run([str(self._programs.ffmpeg), *command], bounds, folder=folder)
        except ProgramFailed as error:
            if _NO_SPACE in str(error):
                raise OSError(_NO_SPACE) from error
            raise UnusableRecording(_FAILED) from error
