"""Object integrity proofs (FEP-8b32, eddsa-jcs-2022)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.jcs import canonicalize
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.proofs import (
    create_proof,
    parse_proof,
    verify_integrity,
    verify_proof,
    with_proof,
)
from fedrse.core.errors import FedrseError, Unauthenticated

NOW = 1_768_467_600_000
ACTOR = "https://lyon.corp.example/ap/u/1"
CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
]
NOTE: dict[str, Any] = {
    "@context": CONTEXT,
    "attributedTo": ACTOR,
    "content": "Bonjour",
    "id": "https://lyon.corp.example/ap/n/7",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "type": "Note",
}
PROOF_VALUE = (
    "z5zYvwsFSv2SpapqMHCCMoozKKMd67abd7fz1E8iQNaXFtrDscVm7P5ZyUkRLSTd6hnirAu7BnmD2Gcizh385s5eX"
)

PublicHalf = Callable[[SigningKey], VerifyKey]


@pytest.fixture
def key(ed25519_key: SigningKey, public_half: PublicHalf) -> VerifyKey:
    return public_half(ed25519_key)


def verdict(document: dict[str, Any], key: VerifyKey, now: int = NOW) -> str:
    try:
        verify_proof(parse_proof(document), key, now)
    except Unauthenticated as error:
        return error.code
    return "ok"


def test_vector_of_the_reference(ed25519_key: SigningKey, key: VerifyKey) -> None:
    proof = create_proof(NOTE, ed25519_key, NOW)
    assert proof == {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{ACTOR}#ed25519-1",
        "proofPurpose": "assertionMethod",
        "created": "2026-01-15T09:00:00Z",
        "proofValue": PROOF_VALUE,
    }
    document = {**NOTE, "proof": proof}
    parsed = parse_proof(document)
    assert parsed.created == NOW
    assert (
        hashlib.sha256(canonicalize(parsed.config)).hexdigest()
        == "7e096a1f12dcb99f988cfce4120e95e59b4d1b78f2599cef39a07924e77ff3d9"
    )
    assert (
        hashlib.sha256(canonicalize(parsed.document)).hexdigest()
        == "d28cdf404c1c2de7134a8161b076920a1e0ece604f89764cb90dfa2bd8002707"
    )
    assert verify_proof(parsed, key, NOW) == NOTE


def test_the_document_is_not_changed(ed25519_key: SigningKey, key: VerifyKey) -> None:
    document = {**NOTE, "signature": {"type": "RsaSignature2017"}, "proof": {"old": 1}}
    before = repr(document)
    proved = with_proof(document, ed25519_key, NOW)
    assert proved == {**NOTE, "proof": create_proof(NOTE, ed25519_key, NOW)}
    verify_proof(parse_proof(proved), key, NOW)
    assert repr(document) == before
    assert proved["proof"]["proofValue"] == PROOF_VALUE


def test_a_later_linked_data_signature_does_no_harm(
    ed25519_key: SigningKey, key: VerifyKey
) -> None:
    proved = with_proof(NOTE, ed25519_key, NOW)
    assert verdict({**proved, "signature": {"type": "RsaSignature2017"}}, key) == "ok"
    assert verdict({**proved, "proof": [proved["proof"]]}, key) == "ok"


def test_without_a_context(ed25519_key: SigningKey, key: VerifyKey) -> None:
    document = {name: value for name, value in NOTE.items() if name != "@context"}
    proved = with_proof(document, ed25519_key, NOW)
    assert "@context" not in proved["proof"]
    assert verdict(proved, key) == "ok"
    assert verdict({**proved, "@context": CONTEXT}, key) == "proof_wrong"


@pytest.mark.parametrize(
    ("signed", "received", "code"),
    [
        (CONTEXT, [*CONTEXT, "https://x.example/more"], "ok"),
        (CONTEXT[0], [*CONTEXT], "ok"),
        (CONTEXT[0], CONTEXT[0], "ok"),
        (CONTEXT, CONTEXT[::-1], "proof_malformed"),
        (CONTEXT, ["https://x.example/first", *CONTEXT], "proof_malformed"),
        (CONTEXT, CONTEXT[:1], "proof_malformed"),
        (CONTEXT, CONTEXT[0], "proof_malformed"),
        (CONTEXT, None, "proof_malformed"),
    ],
)
def test_contexts_added_behind_the_signed_ones(
    ed25519_key: SigningKey, key: VerifyKey, signed: Any, received: Any, code: str
) -> None:
    proved = with_proof({**NOTE, "@context": signed}, ed25519_key, NOW)
    proved["@context"] = received
    assert verdict(proved, key) == code
    if code == "ok":
        # What was added is nobody's word and does not come back.
        assert verify_proof(parse_proof(proved), key, NOW)["@context"] == signed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"content": "Bonsoir"}, "proof_wrong"),
        ({"to": []}, "proof_wrong"),
        ({"extra": None}, "proof_wrong"),
        ({"id": "https://lyon.corp.example/ap/n/8"}, "proof_wrong"),
        ({"id": "https://evil.example/ap/n/7"}, "proof_foreign"),
        ({"attributedTo": "https://lyon.corp.example/ap/u/2"}, "proof_foreign"),
        ({"attributedTo": []}, "proof_foreign"),
        ({"actor": "https://lyon.corp.example/ap/u/2"}, "proof_foreign"),
        ({"actor": None}, "proof_foreign"),
        ({"actor": ACTOR}, "proof_wrong"),
        ({"proof": None}, "proof_missing"),
        ({"proof": []}, "proof_missing"),
        ({"proof": "x"}, "proof_malformed"),
        ({"proof": [{}, {}]}, "proof_malformed"),
    ],
)
def test_changed_documents(
    ed25519_key: SigningKey, key: VerifyKey, change: dict[str, Any], code: str
) -> None:
    assert verdict(with_proof(NOTE, ed25519_key, NOW) | change, key) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "Ed25519Signature2020"}, "proof_unsupported"),
        ({"cryptosuite": "eddsa-rdfc-2022"}, "proof_unsupported"),
        ({"cryptosuite": ["eddsa-jcs-2022"]}, "proof_unsupported"),
        ({"proofPurpose": "authentication"}, "proof_unsupported"),
        ({"verificationMethod": None}, "proof_malformed"),
        ({"verificationMethod": {"id": f"{ACTOR}#ed25519-1"}}, "proof_malformed"),
        ({"verificationMethod": "x" * 3000}, "proof_malformed"),
        ({"verificationMethod": f"{ACTOR}#ed25519-2"}, "key_mismatch"),
        ({"proofValue": None}, "proof_malformed"),
        ({"proofValue": PROOF_VALUE[1:]}, "proof_malformed"),
        ({"proofValue": PROOF_VALUE[:-2]}, "proof_malformed"),
        ({"proofValue": PROOF_VALUE * 2}, "proof_malformed"),
        ({"proofValue": PROOF_VALUE[:40] + "A" + PROOF_VALUE[41:]}, "proof_wrong"),
        ({"created": "2026-01-15T09:00:01Z"}, "proof_wrong"),
        ({"created": None}, "proof_wrong"),
        ({"created": 5}, "proof_malformed"),
        ({"created": "now"}, "proof_malformed"),
        ({"created": "2026-01-15T10:30:00Z"}, "proof_expired"),
        ({"expires": "2026-01-15T08:59:59Z"}, "proof_expired"),
        ({"expires": "2026-01-15T09:59:59Z"}, "proof_wrong"),
        ({"domain": "x.example"}, "proof_wrong"),
        ({"@context": CONTEXT[0]}, "proof_wrong"),
    ],
)
def test_changed_proofs(
    ed25519_key: SigningKey, key: VerifyKey, change: dict[str, Any], code: str
) -> None:
    proved = with_proof(NOTE, ed25519_key, NOW)
    proved["proof"] |= change
    assert verdict(proved, key) == code


def test_old_proofs_stay_valid(ed25519_key: SigningKey, key: VerifyKey) -> None:
    assert verdict(with_proof(NOTE, ed25519_key, 0), key) == "ok"


def test_authors(ed25519_key: SigningKey, key: VerifyKey) -> None:
    for document, code in [
        ({"id": f"{ACTOR}/a/1", "actor": {"id": ACTOR}, "attributedTo": "x"}, "ok"),
        ({"id": f"{ACTOR}/n/1", "attributedTo": ["https://x.example/", ACTOR]}, "ok"),
        ({"id": ACTOR, "type": "Person"}, "ok"),
        ({"id": f"{ACTOR}/n/1", "type": "Note"}, "proof_foreign"),
        ({"actor": ACTOR}, "proof_foreign"),
        ({"id": "urn:fedrse:1", "actor": ACTOR}, "proof_foreign"),
    ]:
        proved = with_proof(document, ed25519_key, NOW)
        assert verdict(proved, key) == code
        # Who may say it is another question than whether it was said.
        assert verify_integrity(parse_proof(proved), key, NOW) == document


def test_keys(ed25519_key: SigningKey, rsa_key: SigningKey, key: VerifyKey) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        create_proof(NOTE, rsa_key, NOW)
    proved = with_proof(NOTE, ed25519_key, NOW)
    other = VerifyKey(key.key_id, key.owner, generate_ed25519().public_key())
    assert verdict(proved, other) == "proof_wrong"
    assert verdict(proved, VerifyKey(key.key_id, key.owner, rsa_key.public())) == "key_unsupported"
    assert verdict(proved, VerifyKey(key.key_id, ACTOR + "0", key.public)) == "proof_foreign"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
PROOF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("DataIntegrityProof") | JSON,
        "cryptosuite": st.just("eddsa-jcs-2022") | JSON,
        "proofPurpose": st.just("assertionMethod") | JSON,
        "verificationMethod": st.just(f"{ACTOR}#ed25519-1") | JSON,
        "created": st.just("2026-01-15T09:00:00Z") | JSON,
        "expires": JSON,
        "proofValue": st.just(PROOF_VALUE) | JSON,
        "@context": JSON,
    },
)


@given(proof=PROOF | JSON, extra=st.dictionaries(st.text(max_size=3), JSON))
def test_any_proof(proof: Any, extra: dict[str, Any], ed25519_key: SigningKey) -> None:
    key = VerifyKey(ed25519_key.key_id, ACTOR, ed25519_key.public())
    document = {**NOTE, **extra, "proof": proof}
    with pytest.raises(FedrseError) as caught:
        verify_proof(parse_proof(document), key, NOW)
    assert caught.value.status in {400, 401}


DOCUMENT = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    ),
)


@given(document=DOCUMENT)
def test_round_trip(document: dict[str, Any], ed25519_key: SigningKey) -> None:
    key = VerifyKey(ed25519_key.key_id, ACTOR, ed25519_key.public())
    document = {"id": ACTOR} | document
    proved = with_proof(document, ed25519_key, NOW)
    verify_integrity(parse_proof(proved), key, NOW)
