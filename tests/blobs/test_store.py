"""Files by key: whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.blobs.store import BlobStore, new_key


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "media")


async def test_put_get_delete(blobs: BlobStore) -> None:
    key = new_key("webp")
    assert await blobs.get(key) is None
    await blobs.put(key, b"first")
    assert await blobs.get(key) == b"first"
    await blobs.put(key, b"second")
    assert await blobs.get(key) == b"second"
    await blobs.delete(key, new_key())
    assert await blobs.get(key) is None
    await blobs.delete(key)


async def test_a_write_that_fails_leaves_the_old_file(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key("png")
    await blobs.put(key, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await blobs.put(key, b"new")
    assert await blobs.get(key) == b"old"


async def test_file_and_all_new_folders_are_synced(
    blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    real = os.fsync

    def remember(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", remember)
    key = "abcd" + "0" * 28
    await blobs.put(key, b"x")
    folder = tmp_path / "media"
    assert synced[1:] == [folder / "ab" / "cd", folder / "ab", folder]
    assert synced[0].parent == folder / "ab" / "cd"
    synced.clear()
    await blobs.put("abcd" + "1" * 28, b"x")
    assert synced[1:] == [folder / "ab" / "cd"]


async def test_a_stored_file_is_not_executable(blobs: BlobStore) -> None:
    key = new_key()
    await blobs.put(key, b"#!/bin/sh")
    assert not stat.S_IMODE(blobs.path(key).stat().st_mode) & 0o111


def test_keys_are_unguessable() -> None:
    keys = {new_key("jpg") for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key.partition(".")[0]) == 32 for key in keys)


@pytest.mark.parametrize(
    "key",
    [
        *("", "..", "../../etc/passwd", "a" * 31, "A" * 32, "0" * 32 + "/x", "0" * 32 + ".toolong"),
        *("0" * 32 + "\n", "0" * 32 + ".", "\0" + "0" * 31, "٠" * 32),
    ],
)
def test_nothing_else_is_a_key(blobs: BlobStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a blob key"):
        blobs.path(key)


@given(key=st.text(max_size=60))
def test_no_text_leads_out_of_the_folder(key: str) -> None:
    folder = Path("/tmp")
    blobs = BlobStore(folder)
    try:
        path = blobs.path(key)
    except ValueError:
        return
    assert path.resolve().is_relative_to(folder.resolve())
