"""Files by key: written whole or not at all, in a local folder.

A key is 128 random bits, so an address cannot be guessed; two levels of folders keep directories
small. Content types live in the tables of the features.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

# The dot keeps it out of backups.
_INCOMING = ".incoming"
_FORGOTTEN = 86_400  # seconds after which nobody works on a file there any more
_KEY = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,5})?\Z")


def new_key(extension: str = "") -> str:
    """A fresh key, ``0123...def.webp``."""
    return f"{secrets.token_hex(16)}.{extension}" if extension else secrets.token_hex(16)


def is_key(text: str) -> bool:
    """Whether a text has the form of a key."""
    return _KEY.match(text) is not None


class BlobStore:
    """Files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where the file lies. Raises ValueError for anything that is not a key."""
        if not is_key(key):
            raise ValueError("not a blob key")
        return self._folder / key[:2] / key[2:4] / key

    @property
    def incoming(self) -> Path:
        """Where files are written that are not stored yet; on the same disk."""
        folder = self._folder / _INCOMING
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    async def put(self, key: str, content: bytes) -> None:
        """Writes and syncs before it returns."""
        await asyncio.to_thread(self._put, key, content)

    def _put(self, key: str, content: bytes) -> None:
        part, depth = self._part(key)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._finish(part, key, depth)

    async def adopt(self, key: str, path: Path) -> None:
        """Stores a file that exists: it is moved. Syncs before it returns."""
        await asyncio.to_thread(self._adopt, key, path)

    def _adopt(self, key: str, path: Path) -> None:
        part, depth = self._part(key)
        shutil.move(path, part)
        _sync(part)
        self._finish(part, key, depth)

    def _part(self, key: str) -> tuple[Path, int]:
        """Where a file is written before it is complete, and how many folders to sync then."""
        target = self.path(key)
        depth = 1 if target.parent.exists() else 3
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{target.name}.part"), depth

    def _finish(self, part: Path, key: str, depth: int) -> None:
        target = self.path(key)
        part.replace(target)
        # Names survive a power loss, too: those of new folders as well.
        for folder in target.parents[:depth]:
            _sync(folder)

    async def get(self, key: str) -> bytes | None:
        """The content, None where there is none."""
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except FileNotFoundError:
            return None

    async def move(self, old: str, new: str) -> None:
        """Gives a file another key; one that is not there (any more) is fine."""
        await asyncio.to_thread(self._move, old, new)

    def _move(self, old: str, new: str) -> None:
        target = self.path(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.path(old).replace(target)
        for folder in (*target.parents[:3], self.path(old).parent):
            if folder.exists():
                _sync(folder)

    async def delete(self, *keys: str) -> None:
        """Removes files; missing ones are fine."""
        await asyncio.to_thread(self._delete, keys)

    def _delete(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.path(key).unlink(missing_ok=True)

    async def tidy(self) -> None:
        """Removes what processes that died have left among the files that come in."""
        await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        before = time.time() - _FORGOTTEN
        for entry in self.incoming.iterdir():
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime > before:
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink()


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
