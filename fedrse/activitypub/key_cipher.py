"""Private keys at rest: sealed with the instance secret, so that a database copy is not enough."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedrse.core.errors import FedrseError

MIN_SECRET_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_VERSION) + _NONCE_BYTES
_PURPOSE: Final = b"fedrse private keys v1"


class KeyCipher:
    """AES-256-GCM under a key derived from the instance secret (HKDF with SHA-256, RFC 5869).

    The key id is associated data: sealed bytes moved to another id do not open. Layout: version
    byte, 12 bytes of nonce, ciphertext with tag. Safe to use from several threads.
    """

    def __init__(self, secret: bytes) -> None:
        """ValueError if the secret has fewer than 32 bytes."""
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the instance secret needs at least {MIN_SECRET_BYTES} bytes")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
        self._cipher = AESGCM(derived)

    def encrypt(self, clear: bytes, key_id: str) -> bytes:
        """Seals the bytes for one key id."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, clear, _VERSION + key_id.encode())
        return _VERSION + nonce + sealed

    def decrypt(self, sealed: bytes, key_id: str) -> bytes:
        """Opens what ``encrypt`` sealed under the same key id.

        Raises FedrseError ``key_sealed`` for another secret, another key id or changed bytes.
        """
        version, nonce, ciphertext = sealed[:1], sealed[1:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        try:
            # The version is authenticated too; a short nonce is a ValueError of the cipher.
            return self._cipher.decrypt(nonce, ciphertext, version + key_id.encode())
        except (InvalidTag, ValueError) as error:
            raise FedrseError(
                "key_sealed",
                "A private key cannot be decrypted: the instance secret is not the one it was"
                " stored with, or the stored key was changed.",
                key_id=key_id,
            ) from error
