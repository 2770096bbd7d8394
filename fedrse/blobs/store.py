"""Files by key: written whole or not at all, in a local folder.

A key is 128 random bits, so an address cannot be guessed; two levels of folders keep directories
small. Content types live in the tables of the features.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

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

    async def put(self, key: str, content: bytes) -> None:
        """Writes and syncs before it returns."""
        await asyncio.to_thread(self._put, key, content)

    def _put(self, key: str, content: bytes) -> None:
        target = self.path(key)
        fresh = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        # Names survive a power loss, too: those of new folders as well.
        for folder in target.parents[: 3 if fresh else 1]:
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


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
