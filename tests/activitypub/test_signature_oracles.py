"""Independent implementations read what we sign, and we what they sign."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from apsig import draft, proof, rfc9421
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from fedrse.activitypub.cavage import sign_cavage
from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.activitypub.proofs import parse_proof, verify_proof, with_proof
from fedrse.activitypub.rfc9421 import SignatureOptions, s2s_options, sign_rfc9421
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import split_url

ACTOR = "https://lyon.corp.example/ap/u/1"
INBOX = "https://oslo.corp.example/inbox"
BODY = b'{"type":"Follow","summary":"\xc3\xa9"}'
ALGORITHMS = {
    "rsa-sha256": algorithms.RSA_V1_5_SHA256,
    "ed25519": algorithms.ED25519,
}

Receive = Callable[..., SignedRequest]
PublicHalf = Callable[[SigningKey], VerifyKey]


def now_ms() -> int:
    # The oracles read the clock of the machine.
    return int(time.time()) * 1000


@pytest.fixture(params=["rsa_key", "ed25519_key"])
def key(request: pytest.FixtureRequest) -> SigningKey:
    signing_key: SigningKey = request.getfixturevalue(request.param)
    return signing_key


@dataclass
class Message:
    """What http-message-signatures signs."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def resolver(key: SigningKey) -> MappingKeyResolver:
    return MappingKeyResolver(
        public_keys={key.key_id: key.public()}, private_keys={key.key_id: key.private}
    )


@pytest.mark.parametrize("body", [BODY, None])
@pytest.mark.parametrize("target", ["/inbox", "/u/1?page=2&x=%C3%A9", "/"])
@pytest.mark.parametrize(
    "options", [SignatureOptions(), SignatureOptions(algorithm=True), s2s_options("b7d1")]
)
def test_http_message_signatures_reads_ours(
    key: SigningKey, body: bytes | None, target: str, options: SignatureOptions
) -> None:
    url = split_url(f"https://oslo.corp.example{target}")
    method = "POST" if body else "GET"
    prepared = prepare_body(body) if body else None
    headers = sign_rfc9421(key, method, url, now_ms=now_ms(), body=prepared, options=options)
    verifier = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[key.algorithm], key_resolver=resolver(key)
    )
    message = Message(method, url.request_url, dict(headers))
    (result,) = verifier.verify(message, body=body)
    assert '"@target-uri"' in result.covered_components
    message.url += "x"
    with pytest.raises(InvalidSignature):
        verifier.verify(message)


@pytest.mark.parametrize("body", [BODY, None])
@pytest.mark.parametrize("target", ["/inbox", "/u/1?page=2&x=%C3%A9", "/u/1?", "/"])
@pytest.mark.parametrize("include_alg", [True, False])
@pytest.mark.parametrize(
    "components",
    [
        ("@method", "@target-uri"),
        ("content-type", "@target-uri", "@authority", "@method", "@scheme"),
        ("@method", "@authority", "@path", "@query"),
        ("@method", "@authority", "@request-target", "content-type"),
    ],
)
def test_we_read_http_message_signatures(
    *,
    key: SigningKey,
    receive: Receive,
    public_half: PublicHalf,
    body: bytes | None,
    target: str,
    include_alg: bool,
    components: tuple[str, ...],
) -> None:
    signer = HTTPMessageSigner(
        signature_algorithm=ALGORITHMS[key.algorithm], key_resolver=resolver(key)
    )
    method = "POST" if body else "GET"
    message = Message(
        method,
        f"https://oslo.corp.example{target}",
        {"Content-Type": "application/activity+json"},
    )
    created = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.UTC)
    signer.sign(
        message,
        key_id=key.key_id,
        created=created,
        expires=created + datetime.timedelta(minutes=5),
        nonce='n"\\',
        label="any-label",
        tag="some-tag",
        include_alg=include_alg,
        covered_component_ids=components,
        body=body,
    )
    request = receive(method, target, message.headers, body or b"")
    parsed = parse_signature(request)
    assert parsed.nonce == 'n"\\'
    verify(parsed, request, public_half(key), now_ms())
    changed = receive(method, target + "x", message.headers, body or b"")
    with pytest.raises(Unauthenticated) as caught:
        verify(parse_signature(changed), changed, public_half(key), now_ms())
    assert caught.value.code == "signature_wrong"


@pytest.mark.parametrize("body", [BODY, b""])
def test_apsig_reads_our_cavage(rsa_key: SigningKey, body: bytes) -> None:
    method = "POST" if body else "GET"
    prepared = prepare_body(body) if body else None
    headers = sign_cavage(rsa_key, method, split_url(INBOX), now_ms=now_ms(), body=prepared)
    headers["Host"] = "oslo.corp.example"
    arguments: dict[str, Any] = {"method": method, "url": INBOX, "headers": headers}
    verifier = draft.Verifier(rsa_key.public(), **arguments, body=body)
    assert verifier.verify(raise_on_fail=True) == rsa_key.key_id
    arguments["url"] += "x"
    assert draft.Verifier(rsa_key.public(), **arguments, body=body).verify() is None


@pytest.mark.parametrize("body", [BODY, b""])
def test_we_read_cavage_of_apsig(
    rsa_key: SigningKey, receive: Receive, public_half: PublicHalf, body: bytes
) -> None:
    method = "POST" if body else "GET"
    signer = draft.Signer(
        headers={"Content-Type": "application/activity+json"},
        private_key=rsa_key.private,  # type: ignore[arg-type]
        method=method,
        url=INBOX,
        key_id=rsa_key.key_id,
        body=body,
    )
    headers = signer.sign()
    request = receive(method, "/inbox", headers, body)
    verify(parse_signature(request), request, public_half(rsa_key), now_ms())
    changed = receive(method, "/inbox2", headers, body)
    with pytest.raises(Unauthenticated) as caught:
        verify(parse_signature(changed), changed, public_half(rsa_key), now_ms())
    assert caught.value.code == "signature_wrong"


def test_we_read_rfc9421_of_apsig(
    rsa_key: SigningKey, receive: Receive, public_half: PublicHalf
) -> None:
    signer = rfc9421.RFC9421Signer(rsa_key.private, rsa_key.key_id)  # type: ignore[arg-type]
    headers = signer.sign(
        "GET", "/u/1", "oslo.corp.example", {"content-type": "application/activity+json"}
    )
    del headers["content-digest"]  # of nothing, written wrongly and not covered
    request = receive("GET", "/u/1", headers)
    verify(parse_signature(request), request, public_half(rsa_key), now_ms())
    # It covers no digest, so it cannot sign what has a body.
    posted = signer.sign("POST", "/inbox", "oslo.corp.example", dict(headers), BODY)
    request = receive("POST", "/inbox", posted, BODY)
    with pytest.raises(Unauthenticated):
        verify(parse_signature(request), request, public_half(rsa_key), now_ms())


NOTE: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/data-integrity/v2",
    ],
    "id": "https://lyon.corp.example/ap/n/7",
    "type": "Note",
    "attributedTo": ACTOR,
    "content": "Été \U0001f600 \u2028 </script>",
    "width": 1.5e-7,
    "\U0001f600": 1,
    "\ufb33": [None, True, {"b": 1, "a": 2.0}],
}


def test_apsig_reads_our_proofs(ed25519_key: SigningKey) -> None:
    verifier = proof.ProofVerifier(ed25519_key.public())  # type: ignore[arg-type]
    proved = with_proof(NOTE, ed25519_key, now_ms())
    assert verifier.verify(proved, raise_on_fail=True) == ed25519_key.key_id
    proved = with_proof(NOTE, ed25519_key, now_ms()) | {"content": "x"}
    assert verifier.verify(proved) is None


def test_we_read_proofs_of_apsig(ed25519_key: SigningKey, public_half: PublicHalf) -> None:
    signer = proof.ProofSigner(ed25519_key.private)  # type: ignore[arg-type]
    proved = signer.sign(
        NOTE,
        {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "verificationMethod": ed25519_key.key_id,
            "proofPurpose": "assertionMethod",
            "created": "2026-01-15T09:00:00Z",
        },
    )
    key = public_half(ed25519_key)
    assert verify_proof(parse_proof(proved), key, now_ms()) == NOTE
    with pytest.raises(Unauthenticated) as caught:
        verify_proof(parse_proof(proved | {"content": "x"}), key, now_ms())
    assert caught.value.code == "proof_wrong"
