"""Private keys at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.keys import SigningKey, private_key_from_bytes, private_key_to_bytes
from fedrse.core.errors import FedrseError

SECRET = bytes(range(32))
KEY_ID = "https://lyon.corp.example/ap/u/1#main-key"


def test_round_trip(rsa_key: SigningKey) -> None:
    clear = private_key_to_bytes(rsa_key.private)
    sealed = KeyCipher(SECRET).encrypt(clear, KEY_ID)
    assert clear not in sealed
    opened = private_key_from_bytes(KeyCipher(SECRET).decrypt(sealed, KEY_ID))
    assert rsa_key.sign(b"x") == SigningKey(KEY_ID, opened).sign(b"x")


def test_sealing_twice_differs() -> None:
    cipher = KeyCipher(SECRET)
    assert cipher.encrypt(b"key", KEY_ID) != cipher.encrypt(b"key", KEY_ID)


def test_opens_what_was_sealed_before() -> None:
    # Layout and derivation must never change: stored keys would be lost.
    sealed = bytes.fromhex(
        "01000102030405060708090a0b237e4f12e893c3a85cca9b0c16a3aa60177af6b6b98ff892d03c44"
    )
    assert KeyCipher(SECRET).decrypt(sealed, KEY_ID) == b"private key"


@pytest.mark.parametrize(
    ("secret", "key_id"), [(SECRET[::-1], KEY_ID), (SECRET, KEY_ID + "2"), (SECRET + b"x", KEY_ID)]
)
def test_another_secret_or_key_id(secret: bytes, key_id: str) -> None:
    sealed = KeyCipher(SECRET).encrypt(b"key", KEY_ID)
    with pytest.raises(FedrseError) as caught:
        KeyCipher(secret).decrypt(sealed, key_id)
    assert caught.value.code == "key_sealed"


def test_every_byte_counts() -> None:
    cipher = KeyCipher(SECRET)
    sealed = cipher.encrypt(b"key", KEY_ID)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(FedrseError):
            cipher.decrypt(bytes(changed), KEY_ID)


@given(st.binary(max_size=60))
def test_any_bytes(sealed: bytes) -> None:
    with pytest.raises(FedrseError) as caught:
        KeyCipher(SECRET).decrypt(sealed, KEY_ID)
    assert caught.value.code == "key_sealed"


def test_short_secret() -> None:
    with pytest.raises(ValueError, match="32"):
        KeyCipher(b"short")
