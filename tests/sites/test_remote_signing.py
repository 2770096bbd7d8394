"""The scriptable server signs and checks rightly: published vectors, and damage is noticed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.sites.remote_signing import (
    Key,
    NotVerified,
    add_proof,
    base58,
    cavage,
    check_proof,
    digest,
    from_base58,
    public_key,
    rfc9421,
    verify,
)

ACTOR = "https://lyon.corp.example/ap/u/1"
INBOX = "https://oslo.corp.example/inbox"
BODY = b'{"type":"Follow"}'
VECTOR_KEY = Key(
    f"{ACTOR}#ed25519-1", ACTOR, Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
)


def lowered(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_vector_of_rfc_9421() -> None:
    headers = rfc9421(VECTOR_KEY, "POST", INBOX, BODY, created=1768467600)
    assert digest(BODY) == "GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="
    assert headers["Signature"] == (
        "sig1=:gK4N5llscg4GjwtX7HXDStjcZcGz41jE4DbMFcVpTUVlV/wh5KC1baR0CGC+zvBVn443iF82K86fZoq"
        "FksGrAg==:"
    )


def test_vector_of_object_proofs() -> None:
    document = {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/data-integrity/v2",
        ],
        "attributedTo": ACTOR,
        "content": "Bonjour",
        "id": "https://lyon.corp.example/ap/n/7",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "type": "Note",
    }
    proved = add_proof(document, VECTOR_KEY, "2026-01-15T09:00:00Z")
    assert proved["proof"]["proofValue"] == (
        "z5zYvwsFSv2SpapqMHCCMoozKKMd67abd7fz1E8iQNaXFtrDscVm7P5ZyUkRLSTd6hnirAu7BnmD2Gcizh385s5eX"
    )
    assert check_proof(proved, lambda _: VECTOR_KEY.private.public_key()) == VECTOR_KEY.id
    with pytest.raises(NotVerified):
        check_proof({**proved, "content": "Bonsoir"}, lambda _: VECTOR_KEY.private.public_key())


def test_keys_as_documents() -> None:
    assert VECTOR_KEY.document["publicKeyMultibase"] == (
        "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"
    )
    assert from_base58(base58(b"\0\0\xff\0")) == b"\0\0\xff\0"
    for key in (VECTOR_KEY, Key.rsa(ACTOR)):
        assert public_key(key.document) == key.private.public_key()


@pytest.mark.parametrize("sign", [cavage, rfc9421])
def test_damage_is_noticed(sign: object) -> None:
    key = Key.rsa(ACTOR)
    headers = lowered(sign(key, "POST", INBOX, BODY))  # type: ignore[operator]

    def find(key_id: str) -> object:
        assert key_id == key.id
        return key.private.public_key()

    assert verify(find, "POST", INBOX, headers, BODY).key_id == key.id  # type: ignore[arg-type]
    with pytest.raises(NotVerified, match="digest"):
        verify(find, "POST", INBOX, headers, BODY + b" ")  # type: ignore[arg-type]
    with pytest.raises(NotVerified, match="wrong signature"):
        verify(find, "POST", INBOX + "x", headers, BODY)  # type: ignore[arg-type]
    with pytest.raises(NotVerified, match="not signed"):
        verify(find, "POST", INBOX, {}, BODY)  # type: ignore[arg-type]
