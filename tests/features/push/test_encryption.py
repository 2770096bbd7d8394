"""RFC 8291 and the draft before it, RFC 8292; vectors of the RFCs and an independent decryption."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.features.push.model import Keys
from fedrse.features.push.model_encryption import (
    base64url,
    encrypt,
    encrypt_as_draft,
    point,
    read_base64url,
    read_point,
)
from fedrse.features.push.model_vapid import VapidKey
from tests.features.push.receiver import PushKeys


def bytes_of(text: str) -> bytes:
    found = read_base64url(text)
    assert found is not None
    return found


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A."""
    own = ec.derive_private_key(
        int.from_bytes(bytes_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"),
        ec.SECP256R1(),
    )
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        user_key=bytes_of(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        secret=bytes_of("BTBZMqHH6r4Tts7J_aSIgg"),
        own_key=own,
        salt=bytes_of("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert base64url(made.body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert made.headers == {"Content-Encoding": "aes128gcm"}


@given(st.binary(max_size=3900))
def test_apps_can_read_both(clear: bytes) -> None:
    keys = PushKeys()
    for make in (encrypt, encrypt_as_draft):
        made = make(clear, user_key=keys.point, secret=keys.secret)
        assert keys.decrypt(made.body, made.headers) == clear
        assert clear not in made.body or len(clear) < 4


def test_vapid_tokens_can_be_verified() -> None:
    key = VapidKey.generate()
    token = key.token(audience="https://push.example", subject="mailto:a@b.example", now=1_000_000)
    head, claims, signature = token.split(".")
    assert json.loads(bytes_of(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(bytes_of(claims)) == {
        "aud": "https://push.example",
        "exp": 1000 + 12 * 3600,
        "sub": "mailto:a@b.example",
    }
    raw = bytes_of(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = read_point(bytes_of(key.public))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    again = VapidKey.read(key.private_bytes())
    assert again.public == key.public
    assert bytes_of(key.public) == point(public)


@given(st.text())
def test_keys_are_bytes_or_nothing(text: str) -> None:
    found = read_base64url(text)
    assert found is None or isinstance(found, bytes)


@pytest.mark.parametrize("padding", ["", "="])
def test_both_alphabets(padding: str) -> None:
    assert read_base64url("-_-_" + padding) == read_base64url("+/+/") == b"\xfb\xff\xbf"


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("AAAA", "AAAA"), ("é", "é")])
def test_wrong_keys(p256dh: str, auth: str) -> None:
    keys = Keys(p256dh, auth)
    with pytest.raises(Invalid):
        keys.user_key()
    with pytest.raises(Invalid):
        keys.secret()
