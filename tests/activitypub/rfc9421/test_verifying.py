"""RFC 9421: what must be covered, and what the signature must fit."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fedrse.activitypub.http_signatures import parse_signature, verify, verify_signature
from fedrse.activitypub.keys import VerifyKey
from fedrse.activitypub.rfc9421 import (
    signature_base,
)
from fedrse.activitypub.signed_request import SignatureScheme
from tests.activitypub.rfc9421.sender import (
    BASE,
    BODY,
    DIGEST,
    INBOX,
    KEY_ID,
    NOW,
    PARAMETERS,
    SIGNATURE,
    Receive,
    Sender,
)


def test_verifying_the_vector(sender: Sender) -> None:
    headers = {
        "Content-Digest": DIGEST,
        "Signature-Input": f"sig1={PARAMETERS}",
        "Signature": f"sig1=:{SIGNATURE}:",
    }
    request = sender.receive("POST", "/inbox", headers, BODY)
    parsed = parse_signature(request)
    assert parsed.scheme is SignatureScheme.RFC9421
    assert parsed.key_id == KEY_ID
    assert parsed.created == 1768467600
    assert parsed.components == ("@method", "@target-uri", "content-digest")
    assert signature_base(parsed, request) == BASE.encode()
    assert verify(parsed, request, sender.public, NOW + 5000) == -5000


def test_vector_of_the_rfc(receive: Receive) -> None:
    """RFC 9421, appendix B.2.6: a request signed with Ed25519."""
    public = load_pem_public_key(
        b"-----BEGIN PUBLIC KEY-----\n"
        b"MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
        b"-----END PUBLIC KEY-----\n"
    )
    request = receive(
        "POST",
        "/foo?param=Value&Pet=dog",
        {
            "Host": "example.com",
            "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Signature-Input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" '
            '"content-length");created=1618884473;keyid="test-key-ed25519"',
            "Signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu"
            "4A0w6vuQv5lIp5WPpBKRCw==:",
        },
        b'{"hello": "world"}',
        ("https://example.com",),
    )
    key = VerifyKey("test-key-ed25519", "https://example.com", public)  # type: ignore[arg-type]
    verify_signature(parse_signature(request), request, key)


@pytest.mark.parametrize(
    ("algorithm", "ed25519", "rsa"),
    [
        ("", "ok", "ok"),
        (';alg="ed25519"', "ok", "algorithm_unsupported"),
        (';alg="rsa-v1_5-sha256"', "algorithm_unsupported", "ok"),
        (';alg="rsa-pss-sha512"', "algorithm_unsupported", "algorithm_unsupported"),
        (';alg="hmac-sha256"', "algorithm_unsupported", "algorithm_unsupported"),
        (";alg=ed25519", "signature_malformed", "signature_malformed"),
    ],
)
def test_algorithms(
    sender: Sender, rsa_sender: Sender, algorithm: str, ed25519: str, rsa: str
) -> None:
    for each, code in ((sender, ed25519), (rsa_sender, rsa)):
        parameters = f';created=1768467600{algorithm};keyid="{each.key.key_id}"'
        assert each.verdict(each.request(parameters=parameters)) == code


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(0, "ok"), (20, "ok"), (-20, "ok"), (61, "signature_expired"), (-61, "signature_early")],
)
def test_window(sender: Sender, minutes: int, code: str) -> None:
    assert sender.verdict(sender.request(), NOW + minutes * 60_000) == code


@pytest.mark.parametrize(
    ("minutes", "code"), [(4, "ok"), (34, "ok"), (36, "signature_expired"), (-20, "ok")]
)
def test_expiry(sender: Sender, minutes: int, code: str) -> None:
    parameters = f';created=1768467600;keyid="{KEY_ID}";expires=1768467900'
    assert sender.verdict(sender.request(parameters=parameters), NOW + minutes * 60_000) == code


GET_VALUES = {
    "@method": "GET",
    "@target-uri": "https://oslo.corp.example/u/1?page=2",
    "@authority": "oslo.corp.example",
    "@scheme": "https",
    "@path": "/u/1",
    "@query": "?page=2",
    "@request-target": "/u/1?page=2",
    "host": "oslo.corp.example",
}


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("@method @target-uri", "ok"),
        ("@target-uri @method @authority @scheme @path @query @request-target host", "ok"),
        ("@method @authority @path @query", "ok"),
        ("@method @authority @request-target", "ok"),
        ("@method @authority @path", "not_covered"),
        ("@method @path @query", "not_covered"),
        ("@method @request-target", "not_covered"),
        ("@method host @request-target", "not_covered"),
        ("@target-uri", "not_covered"),
        ("@method", "not_covered"),
        ("", "not_covered"),
    ],
)
def test_coverage_of_a_get(sender: Sender, names: str, code: str) -> None:
    values = {name: GET_VALUES[name] for name in names.split()}
    request = sender.request(method="GET", target="/u/1?page=2", values=values, body=b"")
    assert sender.verdict(request) == code


def test_path_suffices_without_a_query(sender: Sender) -> None:
    values = {"@method": "GET", "@authority": "oslo.corp.example", "@path": "/u/1"}
    request = sender.request(method="GET", target="/u/1", values=values, body=b"")
    assert sender.verdict(request) == "ok"
    with_empty_query = sender.receive("GET", "/u/1?", dict(request.headers))
    assert sender.verdict(with_empty_query) == "not_covered"
    values["@query"] = "?"
    request = sender.request(method="GET", target="/u/1", values=values, body=b"")
    assert sender.verdict(request) == "ok"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@method", "POST"),
        ("@target-uri", "https://oslo.corp.example/u/1"),
        ("@target-uri", "http://oslo.corp.example/u/1?page=2"),
        ("@target-uri", "https://oslo.corp.example:443/u/1?page=2"),
        ("@target-uri", "https://evil.example/u/1?page=2"),
        ("@authority", "evil.example"),
        ("@path", "/u/1?page=2"),
        ("@query", "page=2"),
        ("@query", "?page=3"),
    ],
)
def test_every_component_counts(sender: Sender, name: str, value: str) -> None:
    request = sender.request(
        method="GET", target="/u/1?page=2", values={**GET_VALUES, name: value}, body=b""
    )
    assert sender.verdict(request) == "signature_wrong"


def test_a_post_needs_its_digest(sender: Sender) -> None:
    values = {"@method": "POST", "@target-uri": INBOX}
    assert sender.verdict(sender.request(values=values)) == "not_covered"
    assert sender.verdict(sender.request(values=values, body=b"")) == "digest_missing"
    request = sender.request(headers={"Content-Digest": "sha-256=:AQID:"})
    assert sender.verdict(request) == "digest_mismatch"
    request = sender.request(headers={"Content-Digest": "md5=:AQID:"})
    assert sender.verdict(request) == "digest_unsupported"
    values = {"@method": "GET", "@target-uri": INBOX}
    assert sender.verdict(sender.request(method="GET", values=values)) == "not_covered"


def test_sha512_is_enough(sender: Sender) -> None:
    digest = f"sha-512=:{b64encode(hashlib.sha512(BODY).digest()).decode()}:"
    values = {"@method": "POST", "@target-uri": INBOX, "content-digest": digest}
    request = sender.request(values=values, headers={"Content-Digest": digest})
    assert sender.verdict(request) == "ok"


def test_host(sender: Sender) -> None:
    values = {"@method": "GET", "@target-uri": "https://evil.example/u/1"}
    headers = {"Host": "evil.example"}
    request = sender.request(method="GET", target="/u/1", values=values, headers=headers, body=b"")
    assert sender.verdict(request) == "host_mismatch"
    headers = {"Host": "127.0.0.1:8400"}  # of a proxy
    assert sender.verdict(sender.request(headers=headers)) == "ok"


def test_characters_in_components(sender: Sender) -> None:
    values = {"@method": "GET", "@target-uri": "https://oslo.corp.example/", "x-a": "1"}
    for value in ("é", '1\n"x-b": 2', "\udc80"):
        request = sender.request(
            method="GET",
            target="/",
            values=values,
            headers={"X-A": value},
            body=b"",
        )
        assert sender.verdict(request) == "signature_malformed"
    request = sender.request(
        method="GET", target="/", values=values, headers={"X-A": " 1\t"}, body=b""
    )
    assert sender.verdict(request) == "ok"
