"""Keys: making, writing, reading, signing."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from multiformats import multibase, multicodec

from fedrse.activitypub.keys import (
    KeyAlgorithm,
    SigningKey,
    VerifyKey,
    generate_ed25519,
    generate_rsa,
    private_key_from_bytes,
    private_key_to_bytes,
    public_key_from_multibase,
    public_key_from_pem,
    public_key_to_multibase,
    public_key_to_pem,
)
from fedrse.activitypub.multibase import encode_base58btc
from fedrse.core.errors import Unauthenticated

# Of the reference: the multibase form of the public key of seed 00 01 .. 1f.
MULTIBASE = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"


def pem_of(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey) -> str:
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def test_multibase_of_the_reference(ed25519_key: SigningKey) -> None:
    public = ed25519_key.public()
    assert public_key_to_multibase(public) == MULTIBASE
    assert public_key_from_multibase(MULTIBASE) == public


def test_rsa_round_trip() -> None:
    private = generate_rsa()
    assert private.key_size == 2048
    pem = public_key_to_pem(private.public_key())
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert public_key_from_pem(pem) == private.public_key()
    again = private_key_from_bytes(private_key_to_bytes(private))
    assert again.private_numbers() == private.private_numbers()


def test_ed25519_round_trip() -> None:
    private = generate_ed25519()
    assert public_key_from_pem(public_key_to_pem(private.public_key())) == private.public_key()
    again = private_key_from_bytes(private_key_to_bytes(private))
    assert again.private_bytes_raw() == private.private_bytes_raw()


def test_reads_what_other_servers_write(rsa_key: SigningKey) -> None:
    public = rsa_key.public()
    pkcs1 = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
    ).decode()
    pem = public_key_to_pem(public)
    for text in (pkcs1, pem.strip(), pem.replace("\n", "\r\n"), f"\n {pem}\n"):
        assert public_key_from_pem(text) == public


def test_the_same_text_is_parsed_once(rsa_key: SigningKey) -> None:
    pem = public_key_to_pem(rsa_key.public())
    assert public_key_from_pem(pem) is public_key_from_pem(pem)
    assert public_key_from_multibase(MULTIBASE) is public_key_from_multibase(MULTIBASE)
    for cached in (public_key_from_pem, public_key_from_multibase):
        assert cached.cache_info().maxsize == 4096


@pytest.mark.parametrize("bits", [1024, 2047, 4104])
def test_refuses_rsa_of_other_sizes(bits: int) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    with pytest.raises(Unauthenticated) as caught:
        public_key_from_pem(pem_of(private))
    assert caught.value.code == "key_unsupported"


def test_accepts_rsa_4096() -> None:
    modulus = 2**4095 + 1159  # reading does not need a real key
    public = rsa.RSAPublicNumbers(65537, modulus).public_key()
    assert public_key_from_pem(public_key_to_pem(public)).key_size == 4096


def test_refuses_rsa_with_a_costly_exponent() -> None:
    public = rsa.RSAPublicNumbers(2**2040 + 1, 2**2047 + 1159).public_key()
    with pytest.raises(Unauthenticated) as caught:
        public_key_from_pem(public_key_to_pem(public))
    assert caught.value.code == "key_unsupported"


def test_refuses_other_kinds() -> None:
    for private in (ec.generate_private_key(ec.SECP256R1()), dsa.generate_private_key(2048)):
        with pytest.raises(Unauthenticated) as caught:
            public_key_from_pem(pem_of(private))
        assert caught.value.code == "key_unsupported"


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "key",
        "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\né\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "x" * 5000,
    ],
)
def test_refuses_malformed_pem(pem: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        public_key_from_pem(pem)
    assert caught.value.code == "key_malformed"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "key_malformed"),
        ("z", "key_unsupported"),
        ("z0", "key_malformed"),
        ("u7QGqq", "key_malformed"),
        (MULTIBASE[:-1], "key_unsupported"),
        (encode_base58btc(b"\xed\x01" + b"x" * 31), "key_malformed"),
        (encode_base58btc(b"\xed\x01" + b"x" * 33), "key_malformed"),
        (encode_base58btc(b"\xe7\x01" + b"x" * 33), "key_unsupported"),  # secp256k1
        ("z" + "2" * 500, "key_unsupported"),
    ],
)
def test_refuses_malformed_multibase(text: str, code: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        public_key_from_multibase(text)
    assert caught.value.code == code


def test_multibase_agrees_with_multiformats() -> None:
    public = generate_ed25519().public_key()
    wrapped = multicodec.wrap("ed25519-pub", public.public_bytes_raw())
    assert public_key_to_multibase(public) == multibase.encode(wrapped, "base58btc")


def test_signing(rsa_key: SigningKey, ed25519_key: SigningKey) -> None:
    assert rsa_key.algorithm is KeyAlgorithm.RSA_SHA256
    assert ed25519_key.algorithm is KeyAlgorithm.ED25519
    for key in (rsa_key, ed25519_key):
        verify_key = VerifyKey(key.key_id, "https://lyon.corp.example/ap/u/1", key.public())
        assert verify_key.algorithm is key.algorithm
        signature = key.sign(b"message")
        assert verify_key.verifies(signature, b"message")
        assert not verify_key.verifies(signature, b"messages")
        assert not verify_key.verifies(signature[:-1], b"message")
        assert not verify_key.verifies(b"", b"message")


def test_private_keys_are_not_shown(ed25519_key: SigningKey) -> None:
    assert "private" not in repr(ed25519_key)
    assert ed25519_key.key_id in repr(ed25519_key)


def test_refuses_other_private_keys() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for data in (other, b"", b"junk"):
        with pytest.raises(ValueError):
            private_key_from_bytes(data)


@given(st.text(max_size=200) | st.text("zABCabc123", max_size=130))
def test_any_text_as_key(text: str) -> None:
    for read in (public_key_from_pem, public_key_from_multibase):
        with pytest.raises(Unauthenticated):
            read(text)


def test_fresh_keys_differ() -> None:
    first, second = generate_ed25519(), generate_ed25519()
    assert isinstance(first, Ed25519PrivateKey)
    assert first.private_bytes_raw() != second.private_bytes_raw()
