"""The instance secret: the file that encrypts private keys, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fedrse.core.errors import FedrseError

SECRET_BYTES = 48
SHORTEST = 32


class SecretFileProblem(FedrseError):
    """The secret cannot be used; the message says what to do."""


def read_secret(path: Path) -> bytes:
    """The secret in the file. Raises SecretFileProblem where it is missing or too short."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SecretFileProblem(
            "secret_unreadable",
            f"The secret file {path} cannot be read ({error.strerror}). It is made by `fedrse init`"
            " and belongs to the database: restore it from your backup.",
        ) from error
    if len(secret) < SHORTEST:
        raise SecretFileProblem(
            "secret_short", f"The secret file {path} has fewer than {SHORTEST} characters."
        )
    return secret


def make_secret(path: Path) -> bool:
    """Writes a new secret with mode 600; False where there is a file already, which stays."""
    return write_secret(path, secrets.token_urlsafe(SECRET_BYTES).encode() + b"\n")


def write_secret(path: Path, content: bytes) -> bool:
    """Writes a file with mode 600, whole or not at all; False where there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename, this never replaces
        except FileExistsError:
            return False
    finally:
        part.unlink()
    return True


def is_private(path: Path) -> bool:
    """Nobody but the owner can read the file."""
    return path.stat().st_mode & 0o077 == 0
