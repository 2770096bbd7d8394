"""draft-cavage-12: what is signed, and how it is written."""

from __future__ import annotations

import pytest

from fedrse.activitypub.cavage import sign_cavage
from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey
from fedrse.core.urls import split_url
from tests.activitypub.cavage.sender import ALL, BODY, DATE, DIGEST, NOW, PublicHalf, Receive


@pytest.mark.parametrize(
    "url", ["https://oslo.corp.example/inbox?a=b", "https://oslo.corp.example"]
)
def test_what_we_sign_verifies(
    rsa_key: SigningKey,
    ed25519_key: SigningKey,
    receive: Receive,
    public_half: PublicHalf,
    url: str,
) -> None:
    address = split_url(url)
    for key in (rsa_key, ed25519_key):
        for method, body in (("GET", None), ("POST", prepare_body(BODY))):
            headers = sign_cavage(key, method, address, now_ms=NOW, body=body)
            assert ("Digest" in headers) is (body is not None)
            request = receive(method, address.target, headers, body.body if body else b"")
            parsed = parse_signature(request)
            assert parsed.key_id == key.key_id
            assert verify(parsed, request, public_half(key), NOW) == 0


def test_what_we_write(rsa_key: SigningKey, ed25519_key: SigningKey) -> None:
    url = split_url("https://oslo.corp.example/inbox")
    headers = sign_cavage(rsa_key, "POST", url, now_ms=NOW, body=prepare_body(BODY))
    assert headers["Date"] == DATE
    assert headers["Digest"] == DIGEST
    assert headers["Signature"].startswith(
        f'keyId="{rsa_key.key_id}",algorithm="rsa-sha256",headers="{ALL}",signature="'
    )
    headers = sign_cavage(ed25519_key, "GET", url, now_ms=NOW)
    assert 'algorithm="hs2019",headers="(request-target) host date",' in headers["Signature"]
