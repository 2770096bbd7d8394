"""RFC 9421: what is signed, and how it is written."""

from __future__ import annotations

import pytest

from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey
from fedrse.activitypub.rfc9421 import (
    S2S_TAG,
    SignatureOptions,
    s2s_options,
    sign_rfc9421,
)
from fedrse.core.urls import split_url
from tests.activitypub.rfc9421.sender import (
    BODY,
    DIGEST,
    INBOX,
    KEY_ID,
    NOW,
    PARAMETERS,
    SIGNATURE,
    Sender,
)


def test_signing_makes_the_vector(ed25519_key: SigningKey) -> None:
    assert sign_rfc9421(
        ed25519_key, "POST", split_url(INBOX), now_ms=NOW, body=prepare_body(BODY)
    ) == {
        "Content-Digest": DIGEST,
        "Signature-Input": f"sig1={PARAMETERS}",
        "Signature": f"sig1=:{SIGNATURE}:",
    }


@pytest.mark.parametrize(
    "options",
    [
        SignatureOptions(),
        SignatureOptions(algorithm=True),
        SignatureOptions(lifetime=60, nonce='"\\', tag="x"),
        s2s_options("b7d1"),
    ],
)
def test_what_we_sign_verifies(
    sender: Sender, rsa_sender: Sender, options: SignatureOptions
) -> None:
    url = split_url("https://oslo.corp.example/inbox?a=b")
    for each in (sender, rsa_sender):
        for method, body in (("GET", None), ("POST", prepare_body(BODY))):
            headers = sign_rfc9421(each.key, method, url, now_ms=NOW, body=body, options=options)
            assert ("Content-Digest" in headers) is (body is not None)
            request = each.receive(method, url.target, headers, body.body if body else b"")
            parsed = parse_signature(request)
            assert verify(parsed, request, each.public, NOW) == 0
            assert (parsed.nonce, parsed.tag) == (options.nonce, options.tag)


def test_between_our_own_sites(ed25519_key: SigningKey) -> None:
    headers = sign_rfc9421(
        ed25519_key, "GET", split_url(INBOX), now_ms=NOW, options=s2s_options("n1")
    )
    assert headers["Signature-Input"] == (
        f'sig1=("@method" "@target-uri");created=1768467600;keyid="{KEY_ID}"'
        f';expires=1768467900;nonce="n1";tag="{S2S_TAG}"'
    )


def test_only_printable_ascii_is_written(ed25519_key: SigningKey) -> None:
    with pytest.raises(ValueError):
        sign_rfc9421(ed25519_key, "GET", split_url(INBOX), now_ms=NOW, options=s2s_options("é"))
