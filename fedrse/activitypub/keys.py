"""Keys of actors: RSA and Ed25519, made, written, read, used.

Only RSA of 2048 to 4096 bits (RSASSA-PKCS1-v1_5 with SHA-256, the fediverse's baseline) and
Ed25519 exist here. Public keys travel as PEM (``publicKeyPem``) or as multibase (FEP-521a).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_public_key,
)

from fedrse.activitypub.multibase import decode_base58btc, encode_base58btc
from fedrse.activitypub.refusals import Refusal, refused

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey
PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey

_RSA_BITS: Final = range(2048, 4097)
_MAX_RSA_EXPONENT: Final = 2**32  # larger ones only make verification slow
_MAX_PEM_CHARACTERS: Final = 4096
_MAX_MULTIBASE_CHARACTERS: Final = 128
_ED25519_MULTICODEC: Final = b"\xed\x01"
_CACHED_KEYS: Final = 4096
_PADDING: Final = PKCS1v15()
_HASH: Final = SHA256()


class KeyAlgorithm(StrEnum):
    """What a key signs with."""

    RSA_SHA256 = "rsa-sha256"
    ED25519 = "ed25519"


def _algorithm(key: PrivateKey | PublicKey) -> KeyAlgorithm:
    if isinstance(key, (Ed25519PrivateKey, Ed25519PublicKey)):
        return KeyAlgorithm.ED25519
    return KeyAlgorithm.RSA_SHA256


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under the id by which its public half is published.

    Safe to use from several threads at once; RSA signing releases the interpreter lock.
    """

    key_id: str
    private: PrivateKey = field(repr=False)
    algorithm: KeyAlgorithm = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", _algorithm(self.private))

    def sign(self, message: bytes) -> bytes:
        """The signature over the message: RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, _PADDING, _HASH)

    def public(self) -> PublicKey:
        """The public half."""
        return self.private.public_key()


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key, its id and the actor who owns (``owner``) or controls (``controller``) it."""

    key_id: str
    owner: str
    public: PublicKey = field(repr=False)
    algorithm: KeyAlgorithm = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", _algorithm(self.public))

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        try:
            # By the algorithm: what the key is an instance of takes longer to find out.
            if self.algorithm is KeyAlgorithm.RSA_SHA256:
                cast(RSAPublicKey, self.public).verify(signature, message, _PADDING, _HASH)
            else:
                cast(Ed25519PublicKey, self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def generate_rsa() -> RSAPrivateKey:
    """A new RSA key of 2048 bits; takes about 0.1 s, so call it in a thread."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def generate_ed25519() -> Ed25519PrivateKey:
    """A new Ed25519 key."""
    return Ed25519PrivateKey.generate()


def private_key_to_bytes(private: PrivateKey) -> bytes:
    """PKCS #8 in DER, in clear: for ``KeyCipher`` only."""
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def private_key_from_bytes(data: bytes) -> PrivateKey:
    """Reads what ``private_key_to_bytes`` wrote; ValueError for other bytes.

    The arithmetic check of RSA keys (tens of milliseconds) is left out: the bytes come from our
    own store and were authenticated on decryption.
    """
    key = load_der_private_key(data, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise ValueError("neither an RSA nor an Ed25519 private key")  # noqa: TRY004 (content)
    return key


def public_key_to_pem(public: PublicKey) -> str:
    """SubjectPublicKeyInfo in PEM, as ``publicKeyPem`` carries it."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


@lru_cache(maxsize=_CACHED_KEYS)
def public_key_from_pem(pem: str) -> PublicKey:
    """A public key from PEM (SubjectPublicKeyInfo, or PKCS #1 as some servers still write).

    The last 4,096 different keys are kept parsed. Raises Unauthenticated ``key_malformed`` or
    ``key_unsupported``.
    """
    if len(pem) > _MAX_PEM_CHARACTERS:
        raise refused(Refusal.KEY_MALFORMED, characters=len(pem))
    try:
        key = load_pem_public_key(pem.strip().encode("ascii"))
    except UnsupportedAlgorithm as error:
        raise refused(Refusal.KEY_UNSUPPORTED, why=str(error)) from error
    except (ValueError, TypeError) as error:
        raise refused(Refusal.KEY_MALFORMED, why=str(error)) from error
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey) or key.key_size not in _RSA_BITS:
        raise refused(Refusal.KEY_UNSUPPORTED)
    if key.public_numbers().e > _MAX_RSA_EXPONENT:
        raise refused(Refusal.KEY_UNSUPPORTED, why="public exponent")
    return key


def public_key_to_multibase(public: Ed25519PublicKey) -> str:
    """``z6Mk..``: base58btc of the multicodec prefix and the 32 bytes (FEP-521a)."""
    return encode_base58btc(_ED25519_MULTICODEC + public.public_bytes_raw())


@lru_cache(maxsize=_CACHED_KEYS)
def public_key_from_multibase(text: str) -> Ed25519PublicKey:
    """An Ed25519 public key from ``publicKeyMultibase``.

    The last 4,096 different keys are kept parsed. Raises Unauthenticated ``key_malformed`` or
    ``key_unsupported`` (another kind of key).
    """
    if len(text) > _MAX_MULTIBASE_CHARACTERS:
        # RSA and post-quantum keys are longer; they are not ours to read.
        raise refused(Refusal.KEY_UNSUPPORTED, characters=len(text))
    try:
        data = decode_base58btc(text)
    except ValueError as error:
        raise refused(Refusal.KEY_MALFORMED, why=str(error)) from error
    if not data.startswith(_ED25519_MULTICODEC):
        raise refused(Refusal.KEY_UNSUPPORTED)
    try:
        return Ed25519PublicKey.from_public_bytes(data[len(_ED25519_MULTICODEC) :])
    except ValueError as error:
        raise refused(Refusal.KEY_MALFORMED, why=str(error)) from error
