"""Encryption of pushed messages: RFC 8291 (``aes128gcm``) and the draft before it (``aesgcm``).

The draft is draft-ietf-webpush-encryption-04, which apps without ``standard`` understand.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

RECORD_SIZE: Final = 4096
MOST_CLEAR: Final = 3900
"""Bytes of a message, so that it fits into one record and what push services take."""


class Encrypted(Struct, frozen=True):
    """A body with the headers that describe it."""

    body: bytes
    headers: dict[str, str]


def base64url(data: bytes) -> str:
    """Without padding, as everywhere in Web Push."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64url(text: str) -> bytes | None:
    """Both alphabets, with or without padding; None for anything else."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    if len(plain) > 1024 or not plain.isascii():
        return None
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point of a key, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_point(data: bytes) -> ec.EllipticCurvePublicKey:
    """The inverse of ``point``. Raises ValueError for what is not on the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)


def encrypt(
    clear: bytes,
    *,
    user_key: bytes,
    secret: bytes,
    own_key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> Encrypted:
    """For an app, by RFC 8291; ``own_key`` and ``salt`` are fresh except in tests.

    Raises ValueError for a key that is not on the curve.
    """
    own_key = own_key or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    shared = own_key.exchange(ec.ECDH(), read_point(user_key))
    own_point = point(own_key.public_key())
    info = b"WebPush: info\0" + user_key + own_point
    material = _derive(shared, salt=secret, info=info, length=32)
    key = _derive(material, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(material, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(own_point)]) + own_point
    body = head + AESGCM(key).encrypt(nonce, clear + b"\x02", None)
    return Encrypted(body, {"Content-Encoding": "aes128gcm"})


def encrypt_as_draft(clear: bytes, *, user_key: bytes, secret: bytes) -> Encrypted:
    """For an app that knows only ``aesgcm``. Raises ValueError like ``encrypt``."""
    own_key, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    shared = own_key.exchange(ec.ECDH(), read_point(user_key))
    own_point = point(own_key.public_key())
    material = _derive(shared, salt=secret, info=b"Content-Encoding: auth\0", length=32)
    context = b"P-256\0" + b"".join(
        len(one).to_bytes(2, "big") + one for one in (user_key, own_point)
    )
    key = _derive(material, salt=salt, info=b"Content-Encoding: aesgcm\0" + context, length=16)
    nonce = _derive(material, salt=salt, info=b"Content-Encoding: nonce\0" + context, length=12)
    body = AESGCM(key).encrypt(nonce, b"\0\0" + clear, None)
    headers = {
        "Content-Encoding": "aesgcm",
        "Encryption": f"salt={base64url(salt)}",
        "Crypto-Key": f"dh={base64url(own_point)}",
    }
    return Encrypted(body, headers)


def _derive(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
