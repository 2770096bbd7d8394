"""The file of a backup: a plain tar whose last member, the manifest, has all checksums.

Nothing in it is trusted when it is read: names are checked against what a backup can contain, and
every byte against the manifest before anything is written.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from fedrse.core.errors import FedrseError

FORMAT = 1
MANIFEST = "manifest.json"
SECRETS = "secrets.sealed"
DATABASE = "database/"
MEDIA = "media/"
LARGEST_MANIFEST = 1 << 30
_NAME = re.compile(
    r"secrets\.sealed|database/[a-z0-9_]{1,64}\.(?:db|copy)\.gz|media(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+"
)
_CHUNK = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and how many units of how many are."""


def silent(_step: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


class BadBackup(FedrseError):
    """The file is no backup, is damaged, or does not fit; the message says which."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_backup", message)


class Member(Struct, frozen=True):
    """A file in the archive; ``size`` in bytes, ``sha256`` in hexadecimal."""

    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """What a backup contains.

    ``id`` is random, ``created_at`` in milliseconds, ``schema`` the version of the tables,
    ``tables`` the number of rows in each.
    """

    format: int
    id: str
    created_at: int
    software: str
    base_url: str
    dialect: str
    schema: str
    tables: dict[str, int]
    files: dict[str, Member]

    @property
    def has_secrets(self) -> bool:
        """The instance secret and the configuration file are inside, sealed."""
        return SECRETS in self.files

    @property
    def media(self) -> int:
        """How many media files are inside."""
        return sum(name.startswith(MEDIA) for name in self.files)


class _Hashing(io.RawIOBase):
    """Reads through and hashes what is read."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self._hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def member(self) -> Member:
        """Size and checksum of what was read."""
        return Member(self.size, self._hash.hexdigest())


class ArchiveWriter:
    """Writes the members one after the other; ``finish`` adds the manifest."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, Member] = {}

    def add(self, name: str, source: Path) -> None:
        """Adds a file. Raises FileNotFoundError where it is gone."""
        with source.open("rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Adds a small file."""
        self._add(name, io.BytesIO(content), len(content))

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        reader = _Hashing(file)
        self._tar.addfile(_header(name, size), reader)
        self.files[name] = reader.member()

    def finish(self, manifest: Manifest) -> None:
        """Adds the manifest, after which nothing may follow."""
        content = msgspec.json.encode(manifest)
        self._tar.addfile(_header(MANIFEST, len(content)), io.BytesIO(content))


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header


@contextmanager
def write_archive(target: Path) -> Iterator[ArchiveWriter]:
    """A new archive, readable by its owner only; the name appears when all is on disk.

    Raises BadBackup where there is such a file.
    """
    if target.exists():
        raise BadBackup(f"{target} exists already; choose another name.")
    part = target.with_name(f".{target.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield ArchiveWriter(tar)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class ArchiveReader:
    """Reads an archive whose manifest has been read; ``verify`` first, then the rest."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        try:
            self._members = {member.name: member for member in tar.getmembers()}
        except (tarfile.TarError, EOFError, OSError) as error:
            raise BadBackup(f"The file is damaged or no backup: {error}") from error
        self.manifest = self._read_manifest()

    def _read_manifest(self) -> Manifest:
        member = self._members.pop(MANIFEST, None)
        if member is None or not member.isreg() or member.size > LARGEST_MANIFEST:
            raise BadBackup("The file is incomplete or no backup: it has no manifest.")
        try:
            manifest = msgspec.json.decode(self._content(member).read(), type=Manifest)
        except msgspec.DecodeError as error:
            raise BadBackup(f"The manifest cannot be read: {error}") from error
        if manifest.format != FORMAT:
            raise BadBackup(f"The backup has format {manifest.format}, known is {FORMAT}.")
        wrong = set(self._members) ^ set(manifest.files)
        wrong |= {name for name in manifest.files if not _NAME.fullmatch(name)}
        wrong |= {name for name, member in self._members.items() if not member.isreg()}
        if wrong:
            raise BadBackup(f"Manifest and content do not fit: {min(wrong)[:200]}")
        return manifest

    def verify(self, progress: Progress = silent) -> None:
        """Compares every file with its checksum. Raises BadBackup."""
        total = sum(member.size for member in self._members.values())
        done = 0
        for name, member in self._members.items():
            reader = _Hashing(self._content(member))
            while True:
                try:
                    data = reader.read(_CHUNK)
                except (tarfile.TarError, OSError) as error:
                    raise BadBackup(f"{name} is damaged: {error}") from error
                if not data:
                    break
                done += len(data)
                progress("verifying", done, total)
            if reader.member() != self.manifest.files[name]:
                raise BadBackup(f"{name} is damaged: its checksum differs.")

    def open(self, name: str) -> IO[bytes]:
        """The content of a member. Raises BadBackup where it is missing."""
        if name not in self._members:
            raise BadBackup(f"The backup has no {name}.")
        return self._content(self._members[name])

    def extract_media(self, folder: Path, progress: Progress = silent) -> None:
        """Writes all media files below the folder."""
        names = [name for name in self._members if name.startswith(MEDIA)]
        for number, name in enumerate(names, 1):
            target = folder / name.removeprefix(MEDIA)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file, self.open(name) as source:
                while data := source.read(_CHUNK):
                    file.write(data)
            progress("media", number, len(names))

    def _content(self, member: tarfile.TarInfo) -> IO[bytes]:
        content = self._tar.extractfile(member)
        if content is None:
            raise BadBackup(f"{member.name} is not a file.")
        return content


@contextmanager
def read_archive(path: Path) -> Iterator[ArchiveReader]:
    """An open archive. Raises BadBackup for anything that is none."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield ArchiveReader(tar)
    except (tarfile.ReadError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise
        raise BadBackup(f"{path} cannot be read as a backup: {error}") from error
