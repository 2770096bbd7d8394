"""Secrets in a backup: sealed with a passphrase, so that the file alone opens nothing."""

from __future__ import annotations

import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import Struct

from fedrse.app.backup.archive import BadBackup
from fedrse.core.errors import Invalid

SHORTEST_PASSPHRASE = 12
# RFC 7914 with 64 MiB of memory, about 0.2 s.
_COST = 2**16
_BLOCK = 8
_SALT = 16
_NONCE = 12
_PURPOSE = b"fedrse backup secrets v1 "


class Secrets(Struct, frozen=True):
    """What has to be kept apart from the database: the instance secret and the settings.

    ``configuration`` is the text of ``fedrse.toml`` (it may have a database password), None where
    the site has all settings from its environment.
    """

    secret: bytes
    configuration: str | None


def check_passphrase(passphrase: str) -> str:
    """The passphrase if it is long enough. Raises Invalid."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Invalid(
            "passphrase_short", f"The passphrase needs at least {SHORTEST_PASSPHRASE} characters."
        )
    return passphrase


def seal(secrets: Secrets, passphrase: str, backup_id: str) -> bytes:
    """AES-256-GCM under a key derived by scrypt; bound to this one backup.

    Layout: 16 bytes of salt, 12 of nonce, ciphertext with tag.
    """
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    clear = msgspec.json.encode(secrets)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, clear, _bound_to(backup_id))
    return salt + nonce + sealed


def unseal(sealed: bytes, passphrase: str, backup_id: str) -> Secrets:
    """What ``seal`` sealed. Raises BadBackup for a wrong passphrase or changed bytes."""
    salt, nonce = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE]
    try:
        clear = AESGCM(_key(passphrase, salt)).decrypt(
            nonce, sealed[_SALT + _NONCE :], _bound_to(backup_id)
        )
        return msgspec.json.decode(clear, type=Secrets)
    except (InvalidTag, ValueError, msgspec.DecodeError) as error:
        raise BadBackup("The passphrase is wrong, or the secrets in the backup are damaged.") from (
            error
        )


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=1).derive(passphrase.encode())


def _bound_to(backup_id: str) -> bytes:
    return _PURPOSE + backup_id.encode()
