"""Unpacks archives of accounts that people upload: ZIP, or TAR with gzip. Hostile until proved.

It runs in a process of its own. Nothing of an archive becomes a path: files are numbered, and an
index says what they were called. Sizes are counted while reading, never believed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final

from msgspec import Struct

from fedrse.features.migration.model_archive import (
    LARGEST_DOCUMENT,
    LONGEST_NAME,
    MOST_ENTRIES,
    UnusableArchive,
)

if TYPE_CHECKING:
    from tarfile import TarInfo
    from zipfile import ZipInfo

PIECE: Final = 256 * 1024
LARGEST_READ: Final = 16 * 1024 * 1024  # at once: the table of contents of a ZIP
LARGEST_HEADER: Final = 1024 * 1024  # at once, of a TAR: its headers may claim any length
_SYMLINK, _FILE_TYPE, _REGULAR = 0o120000, 0o170000, 0o100000
_STORED, _DEFLATED = 0, 8
_LOCKED = 1  # bit of a ZIP entry
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    ValueError,  # also broken UTF-8
    LookupError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,  # also too deep a recursion
    struct.error,
    TypeError,
    AttributeError,
)


class Limits(Struct, frozen=True):
    """Bytes: all of what is unpacked together, and the largest file of a post."""

    total: int
    file: int


def unpack_files(source: Path, folder: Path, limits: Limits) -> dict[str, int]:
    """Puts the files of an archive into a folder as ``0``, ``1`` and so on; returns their names.

    Files that are too large to be used are left out. Raises UnusableArchive.
    """
    import tarfile  # noqa: PLC0415  (memory)
    import zipfile  # noqa: PLC0415  (memory)

    with source.open("rb") as file:
        head = file.read(4)
    unpacking = _Unpacking(folder, limits)
    try:
        if head[:2] == b"PK":
            unpacking.take(_zipped(source))
        elif head[:2] == b"\x1f\x8b":
            unpacking.take(_tarred(source, limits.total))
        else:
            raise UnusableArchive("archive_unknown")
    except MemoryError:
        raise UnusableArchive("archive_bomb") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, *_BROKEN):
        raise UnusableArchive("archive_broken") from None
    return unpacking.names


class _Unpacking:
    """Writes files, and counts what was written."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._left = limits.total
        self.names: dict[str, int] = {}

    def take(self, entries: Iterator[tuple[str, Iterator[bytes]]]) -> None:
        """All files of an archive; of several with one name the first."""
        for name, pieces in entries:
            path = _checked(name)
            if path not in self.names:
                self._write(path, pieces)

    def _write(self, path: str, pieces: Iterator[bytes]) -> None:
        number, size = len(self.names), 0
        target = self._folder / str(number)
        most = LARGEST_DOCUMENT if path.endswith((".json", ".csv")) else self._limits.file
        with target.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                self._left -= len(piece)
                if self._left < 0:
                    raise UnusableArchive("archive_bomb")
                if size <= most:
                    file.write(piece)
        if size <= most:
            self.names[path] = number
        elif path.endswith(".json"):
            raise UnusableArchive("archive_bomb")
        else:
            target.unlink()


def _checked(name: str) -> str:
    """The name of a file that cannot mean anything outside of the archive."""
    parts = PurePosixPath(name).parts
    if (
        not parts
        or len(name) > LONGEST_NAME
        or name.startswith("/")
        or "\\" in name
        or ".." in parts
        or (len(name) > 1 and name[1] == ":")
        or not name.isprintable()
    ):
        raise UnusableArchive("archive_paths")
    return "/".join(parts)


# ZIP


class _Bounded:
    """A file of which nobody reads much at once, whatever its tables claim."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Raises UnusableArchive for too much."""
        if size is None or size < 0:
            size = self._size - self._file.tell()
        if min(size, self._size) > LARGEST_READ:
            raise UnusableArchive("archive_too_many")
        return self._file.read(size)


def _zipped(source: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    import zipfile  # noqa: PLC0415  (memory)

    with source.open("rb") as file:
        bounded: Any = _Bounded(file, source.stat().st_size)
        with zipfile.ZipFile(bounded) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise UnusableArchive("archive_too_many")
            for entry in entries:
                _check_zipped(entry)
                if not entry.is_dir():
                    with archive.open(entry) as opened:
                        yield entry.filename, _pieces(opened)


def _check_zipped(entry: ZipInfo) -> None:
    if entry.flag_bits & _LOCKED:
        raise UnusableArchive("archive_encrypted")
    kind = entry.external_attr >> 16 & _FILE_TYPE
    if kind == _SYMLINK or (kind not in (0, _REGULAR) and not entry.is_dir()):
        raise UnusableArchive("archive_links")
    if entry.compress_type not in (_STORED, _DEFLATED):
        raise UnusableArchive("archive_broken")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


# TAR


class _Stream:
    """A compressed file that is read once, forwards, and never much at once."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        """``most``: bytes of the whole, unpacked."""
        self._file = file
        self._most = most
        self._place = 0
        self._last = b""  # the byte before: whoever reads a TAR steps back by one
        self._again = False

    def tell(self) -> int:
        return self._place - 1 if self._again else self._place

    def seek(self, place: int, _whence: int = 0) -> int:
        """Forwards, or one byte back. Raises ValueError otherwise."""
        self._again = place == self._place - 1
        if place < self._place and not self._again:
            raise ValueError("backwards")
        while self._place < place:
            if not self._next(min(place - self._place, PIECE)):
                break
        return place

    def read(self, size: int = -1) -> bytes:
        """So many bytes as long as there are some. Raises UnusableArchive for too many."""
        if size < 0 or size > LARGEST_HEADER:
            raise UnusableArchive("archive_bomb")
        found = self._last if self._again and size else b""
        self._again = self._again and not size
        while len(found) < size:
            piece = self._next(size - len(found))
            if not piece:
                break
            found += piece
        return found

    def _next(self, size: int) -> bytes:
        piece = self._file.read(size)
        self._place += len(piece)
        if self._place > self._most:
            raise UnusableArchive("archive_bomb")
        self._last = piece[-1:] or self._last
        return piece


def _tarred(source: Path, most: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    import gzip  # noqa: PLC0415  (memory)
    import tarfile  # noqa: PLC0415  (memory)

    count = 0
    with gzip.open(source, "rb") as opened:
        file: Any = opened
        # Headers and padding come on top of the files.
        stream: Any = _Stream(file, most + 2048 * MOST_ENTRIES)
        with tarfile.TarFile(fileobj=stream, mode="r") as archive:
            while (entry := archive.next()) is not None:
                count += 1
                if count > MOST_ENTRIES:
                    raise UnusableArchive("archive_too_many")
                archive.members = []  # type: ignore[attr-defined]  # not needed again
                if not entry.isdir():
                    yield _name_of(entry), _contents(stream, entry)


def _name_of(entry: TarInfo) -> str:
    if not entry.isreg() or entry.issparse():
        raise UnusableArchive("archive_links")
    return entry.name


def _contents(stream: _Stream, entry: TarInfo) -> Iterator[bytes]:
    stream.seek(entry.offset_data)
    left = entry.size
    while left:
        piece = stream.read(min(left, PIECE))
        if not piece:
            raise UnusableArchive("archive_broken")
        left -= len(piece)
        yield piece
