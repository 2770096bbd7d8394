"""Both schemes: whatever is changed after signing is noticed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace
from multidict import CIMultiDict

from fedrse.activitypub.cavage import sign_cavage
from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.http_signatures import check, parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.rfc9421 import sign_rfc9421
from fedrse.activitypub.signed_request import SignatureScheme, SignedRequest
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import origin_of, split_url

NOW = 1_768_467_600_000
BODY = prepare_body(b'{"type":"Follow"}')
URL = split_url("https://oslo.corp.example/inbox?x=1")
SCHEMES = {SignatureScheme.CAVAGE: sign_cavage, SignatureScheme.RFC9421: sign_rfc9421}

Change = Callable[["Parts"], None]


@dataclass
class Parts:
    """A request on its way, to be changed by whoever carries it."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes
    origin: str = "https://oslo.corp.example"

    def request(self) -> SignedRequest:
        return SignedRequest.received(
            self.method, self.target, self.headers, self.body, origins=(origin_of(self.origin),)
        )


def signed(scheme: SignatureScheme, key: SigningKey) -> Parts:
    headers = CIMultiDict(
        {"Host": "oslo.corp.example", "Content-Type": "application/activity+json"}
    )
    headers.update(SCHEMES[scheme](key, "POST", URL, now_ms=NOW, body=BODY))
    return Parts("POST", "/inbox?x=1", headers, BODY.body)


def receive_and_verify(parts: Parts, key: VerifyKey) -> int:
    received = parts.request()
    return verify(parse_signature(received), received, key, NOW)


def set_part(**values: Any) -> Change:
    return lambda parts: [setattr(parts, *pair) for pair in values.items()] and None


def set_header(name: str, value: str) -> Change:
    return lambda parts: parts.headers.update({name: value})


def drop(name: str) -> Change:
    return lambda parts: parts.headers.popall(name) and None


def edit(name: str, old: str, new: str) -> Change:
    def change(parts: Parts) -> None:
        assert old in parts.headers[name]
        parts.headers[name] = parts.headers[name].replace(old, new)

    return change


OTHER_BODY = prepare_body(b'{"type":"Delete"}')
CAVAGE, RFC9421 = SignatureScheme.CAVAGE, SignatureScheme.RFC9421


@pytest.mark.parametrize(
    ("scheme", "change", "code"),
    [
        (CAVAGE, set_part(body=OTHER_BODY.body), "digest_mismatch"),
        (CAVAGE, set_part(body=b""), "digest_mismatch"),
        (CAVAGE, set_part(body=BODY.body + b" "), "digest_mismatch"),
        (CAVAGE, set_part(method="PUT"), "signature_wrong"),
        (CAVAGE, set_part(method="GET"), "signature_wrong"),
        (CAVAGE, set_part(target="/ap/u/2/inbox?x=1"), "signature_wrong"),
        (CAVAGE, set_part(target="/inbox?x=2"), "signature_wrong"),
        (CAVAGE, set_part(target="/inbox"), "signature_wrong"),
        (CAVAGE, set_part(origin="https://nantes.corp.example"), "host_mismatch"),
        (CAVAGE, set_header("Date", "Thu, 15 Jan 2026 09:00:01 GMT"), "signature_wrong"),
        (CAVAGE, set_header("Digest", OTHER_BODY.digest), "digest_mismatch"),
        (CAVAGE, drop("Digest"), "digest_missing"),
        (CAVAGE, drop("Date"), "component_missing"),
        (CAVAGE, drop("Signature"), "signature_missing"),
        (CAVAGE, drop("Host"), "ok"),
        (CAVAGE, drop("Content-Type"), "ok"),
        (CAVAGE, edit("Signature", " digest", ""), "not_covered"),
        (CAVAGE, edit("Signature", "host date", "date host"), "signature_wrong"),
        (CAVAGE, edit("Signature", "u/1#", "u/2#"), "key_mismatch"),
        (CAVAGE, edit("Signature", 'signature="', 'signature="AAAA'), "signature_wrong"),
        (CAVAGE, set_header("Signature-Input", "sig1=()"), "signature_malformed"),
        (RFC9421, set_part(body=OTHER_BODY.body), "digest_mismatch"),
        (RFC9421, set_part(body=b""), "digest_mismatch"),
        (RFC9421, set_part(method="PUT"), "signature_wrong"),
        (RFC9421, set_part(method="GET"), "signature_wrong"),
        (RFC9421, set_part(target="/ap/u/2/inbox?x=1"), "signature_wrong"),
        (RFC9421, set_part(target="/inbox"), "signature_wrong"),
        (RFC9421, set_part(origin="http://oslo.corp.example"), "signature_wrong"),
        (RFC9421, set_part(origin="https://nantes.corp.example"), "host_mismatch"),
        (RFC9421, set_header("Content-Digest", OTHER_BODY.content_digest), "digest_mismatch"),
        (RFC9421, drop("Content-Digest"), "digest_missing"),
        (RFC9421, drop("Signature"), "signature_missing"),
        (RFC9421, drop("Signature-Input"), "signature_malformed"),
        (RFC9421, edit("Signature-Input", ' "content-digest"', ""), "not_covered"),
        (RFC9421, edit("Signature-Input", '" "@t', '"  "@t'), "signature_wrong"),
        (RFC9421, edit("Signature-Input", "1768467600", "1768467601"), "signature_wrong"),
        (RFC9421, edit("Signature-Input", "u/1#", "u/2#"), "key_mismatch"),
        (RFC9421, edit("Signature", "sig1=:", "sig1=:AAAA"), "signature_wrong"),
        (RFC9421, set_header("Date", "Thu, 15 Jan 1970 09:00:00 GMT"), "ok"),
    ],
)
@pytest.mark.parametrize("kind", ["rsa_key", "ed25519_key"])
def test_tampering(
    *,
    request: pytest.FixtureRequest,
    public_half: Callable[[SigningKey], VerifyKey],
    scheme: SignatureScheme,
    change: Change,
    code: str,
    kind: str,
) -> None:
    key: SigningKey = request.getfixturevalue(kind)
    parts = signed(scheme, key)
    assert receive_and_verify(parts, public_half(key)) == 0
    change(parts)
    if code == "ok":
        assert receive_and_verify(parts, public_half(key)) == 0
        return
    with pytest.raises(Unauthenticated) as caught:
        receive_and_verify(parts, public_half(key))
    assert caught.value.code == code
    assert caught.value.status == 401


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_byte_of_the_signature_counts(
    scheme: SignatureScheme,
    ed25519_key: SigningKey,
    public_half: Callable[[SigningKey], VerifyKey],
) -> None:
    received = signed(scheme, ed25519_key).request()
    parsed = parse_signature(received)
    for position in range(len(parsed.signature)):
        changed = bytearray(parsed.signature)
        changed[position] ^= 1
        with pytest.raises(Unauthenticated) as caught:
            verify(
                parsed.__class__(
                    **{name: getattr(parsed, name) for name in parsed.__struct_fields__}
                    | {"signature": bytes(changed)}
                ),
                received,
                public_half(ed25519_key),
                NOW,
            )
        assert caught.value.code == "signature_wrong"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_key_of_the_same_name(scheme: SignatureScheme, ed25519_key: SigningKey) -> None:
    received = signed(scheme, ed25519_key).request()
    other = VerifyKey(ed25519_key.key_id, "https://x.example", generate_ed25519().public_key())
    with pytest.raises(Unauthenticated) as caught:
        verify(parse_signature(received), received, other, NOW)
    assert caught.value.code == "signature_wrong"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_check_needs_no_key(scheme: SignatureScheme, ed25519_key: SigningKey) -> None:
    received = signed(scheme, ed25519_key).request()
    parsed = parse_signature(received)
    assert check(parsed, received, NOW - 1000) == 1000
    for body, now, code in [
        (b"{}", NOW, "digest_mismatch"),
        (BODY.body, NOW + 4_000_000, "signature_expired"),
    ]:
        with pytest.raises(Unauthenticated) as caught:
            check(parsed, replace(received, body=body), now)
        assert caught.value.code == code


def test_an_unsigned_request() -> None:
    received = Parts("POST", "/inbox", CIMultiDict(), b"{}").request()
    with pytest.raises(Unauthenticated) as caught:
        parse_signature(received)
    assert caught.value.code == "signature_missing"


def test_signing_in_threads(
    rsa_key: SigningKey, public_half: Callable[[SigningKey], VerifyKey]
) -> None:
    def sign(number: int) -> tuple[int, dict[str, str]]:
        url = split_url(f"https://site{number}.corp.example/inbox")
        return number, sign_cavage(rsa_key, "POST", url, now_ms=NOW, body=BODY)

    with ThreadPoolExecutor(4) as pool:
        for number, headers in pool.map(sign, range(40)):
            origin = f"https://site{number}.corp.example"
            received = Parts("POST", "/inbox", CIMultiDict(headers), BODY.body, origin).request()
            verify(parse_signature(received), received, public_half(rsa_key), NOW)
