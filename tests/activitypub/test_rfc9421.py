"""RFC 9421: what is read, what must be covered, what is signed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.http_signatures import parse_signature, verify, verify_signature
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.activitypub.rfc9421 import (
    S2S_TAG,
    SignatureOptions,
    s2s_options,
    sign_rfc9421,
    signature_base,
)
from fedrse.activitypub.signed_request import SignatureScheme, SignedRequest
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import split_url

NOW = 1_768_467_600_000
ACTOR = "https://lyon.corp.example/ap/u/1"
KEY_ID = f"{ACTOR}#ed25519-1"
BODY = b'{"type":"Follow"}'
DIGEST = "sha-256=:GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=:"
INBOX = "https://oslo.corp.example/inbox"

# The vector of the reference.
PARAMETERS = f'("@method" "@target-uri" "content-digest");created=1768467600;keyid="{KEY_ID}"'
BASE = f""""@method": POST
"@target-uri": https://oslo.corp.example/inbox
"content-digest": {DIGEST}
"@signature-params": {PARAMETERS}"""
SIGNATURE = (
    "gK4N5llscg4GjwtX7HXDStjcZcGz41jE4DbMFcVpTUVlV/wh5KC1baR0CGC+zvBVn443iF82K86fZoqFksGrAg=="
)

Receive = Callable[..., SignedRequest]
PublicHalf = Callable[[SigningKey], VerifyKey]


class Sender:
    """Signs by hand whatever a test wants, independent of the code under test."""

    def __init__(self, key: SigningKey, receive: Receive, public: VerifyKey) -> None:
        self.key = key
        self.receive = receive
        self.public = public

    def sign(self, lines: list[str], parameters: str) -> str:
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        return b64encode(self.key.sign(base.encode())).decode()

    def request(
        self,
        *,
        method: str = "POST",
        target: str = "/inbox",
        values: dict[str, str] | None = None,
        parameters: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = BODY,
    ) -> SignedRequest:
        """A signed request; ``values`` are the covered components, ``parameters`` what follows."""
        if values is None:
            values = {"@method": method, "@target-uri": f"https://oslo.corp.example{target}"}
            values |= {"content-digest": DIGEST} if body else {}
        if parameters is None:
            parameters = f';created=1768467600;keyid="{self.key.key_id}"'
        quoted = " ".join(f'"{name}"' for name in values)
        written = f"({quoted}){parameters}"
        lines = [f'"{name}": {value}' for name, value in values.items()]
        sent = {
            "Content-Digest": DIGEST,
            "Signature-Input": f"sig1={written}",
            "Signature": f"sig1=:{self.sign(lines, written)}:",
        }
        if not body:
            del sent["Content-Digest"]
        return self.receive(method, target, {**sent, **(headers or {})}, body)

    def verdict(self, request: SignedRequest, now: int = NOW) -> str:
        try:
            verify(parse_signature(request), request, self.public, now)
        except Unauthenticated as error:
            return error.code
        return "ok"


@pytest.fixture
def sender(ed25519_key: SigningKey, receive: Receive, public_half: PublicHalf) -> Sender:
    return Sender(ed25519_key, receive, public_half(ed25519_key))


@pytest.fixture
def rsa_sender(rsa_key: SigningKey, receive: Receive, public_half: PublicHalf) -> Sender:
    return Sender(rsa_key, receive, public_half(rsa_key))


def test_signing_makes_the_vector(ed25519_key: SigningKey) -> None:
    assert sign_rfc9421(
        ed25519_key, "POST", split_url(INBOX), now_ms=NOW, body=prepare_body(BODY)
    ) == {
        "Content-Digest": DIGEST,
        "Signature-Input": f"sig1={PARAMETERS}",
        "Signature": f"sig1=:{SIGNATURE}:",
    }


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
    ("parameters", "code"),
    [
        (f';keyid="{KEY_ID}"', "signature_malformed"),
        (";created=1768467600", "signature_malformed"),
        (';created=1768467600;keyid=""', "signature_malformed"),
        (f';created="1768467600";keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=1768467600.0;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=-1;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce=1', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce="{"n" * 257}"', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";expires=x', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";expires=1768467900', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce="abc";tag="fedrse-s2s"', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";tag="of-another-application"', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";new-parameter=?1', "ok"),
        (f'; keyid="{KEY_ID}";  created=1768467600', "ok"),  # copied, never written anew
        (f';created=01768467600;keyid="{KEY_ID}"', "ok"),
    ],
)
def test_parameters(sender: Sender, parameters: str, code: str) -> None:
    assert sender.verdict(sender.request(parameters=parameters)) == code


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


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('("@method" "@method" "@target-uri")', "signature_malformed"),
        ('("@method" "@Target-URI")', "signature_malformed"),
        ('(@method "@target-uri")', "signature_malformed"),
        ('("@method" method)', "signature_malformed"),
        ('("@method" 1)', "signature_malformed"),
        ('("@method" "@target-uri" "@status")', "component_unsupported"),
        ('("@method" "@target-uri" "@query-param";name="a")', "component_unsupported"),
        ('("@method" "@target-uri" "@signature-params")', "component_unsupported"),
        ('("@method" "@target-uri" "date";sf)', "component_unsupported"),
        ('("@method" "@target-uri" "date";req)', "component_unsupported"),
        ('("@method" "@target-uri" "x-none")', "component_missing"),
        ('"@method"', "signature_malformed"),
        ("(" + " ".join(f'"x{n}"' for n in range(33)) + ")", "signature_malformed"),
    ],
)
def test_components(sender: Sender, written: str, code: str) -> None:
    headers = {
        "Signature-Input": f'sig1={written};created=1768467600;keyid="{KEY_ID}"',
        "Signature": "sig1=:AQID:",
    }
    assert sender.verdict(sender.receive("GET", "/", headers)) == code


INPUT = f'=("@method" "@target-uri");created=1768467600;keyid="{KEY_ID}"'


@pytest.mark.parametrize(
    ("inputs", "signatures", "code"),
    [
        ("", "sig1=:AQID:", "signature_malformed"),
        ("junk(", "sig1=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", "junk(", "signature_malformed"),
        (f"sig1{INPUT}", "sig2=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=AQID", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=::", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=(:AQID:)", "signature_malformed"),
        (f"sig1{INPUT}", f"sig1=:{'A' * 1500}:", "signature_malformed"),
        (f"sig1{INPUT}, sig1{INPUT}", "sig1=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", 'keyId="k",signature="AQID"', "signature_malformed"),
        (f"a{INPUT}, b{INPUT}", "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f'a{INPUT};tag="x", b{INPUT};tag="y"', "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f'a{INPUT}, b{INPUT};tag="fedrse-s2s"', "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f"sig1{INPUT}" + " " * 9000, "sig1=:AQID:", "signature_malformed"),
    ],
)
def test_malformed(sender: Sender, inputs: str, signatures: str, code: str) -> None:
    headers = {"Signature-Input": inputs, "Signature": signatures}
    assert sender.verdict(sender.receive("GET", "/", headers)) == code


def test_signatures_of_other_applications_are_passed_over(sender: Sender) -> None:
    good = sender.request()
    for other in (f'proxy{INPUT};tag="proxy"', 'proxy=();tag="proxy"'):
        request = sender.receive("POST", "/inbox", dict(good.headers), BODY)
        request.headers.add("Signature-Input", other)  # type: ignore[union-attr]
        request.headers.add("Signature", "proxy=:AQID:")  # type: ignore[union-attr]
        assert sender.verdict(request) == "ok"
    # A label in one of the two headers only is no signature.
    request = sender.receive("POST", "/inbox", dict(good.headers), BODY)
    request.headers.add("Signature", "spare=:AQID:")  # type: ignore[union-attr]
    assert sender.verdict(request) == "ok"


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


FIELD = st.text('sig1=("@method@target-uri");created=17keyid:AQ?, ;é\\', max_size=120)


@given(inputs=FIELD | st.sampled_from([f"sig1{INPUT}"]), signatures=FIELD)
def test_any_header(
    inputs: str, signatures: str, receive: Receive, ed25519_key: SigningKey
) -> None:
    public = VerifyKey(KEY_ID, ACTOR, ed25519_key.public())
    headers = {"Signature-Input": inputs, "Signature": signatures}
    request = receive("GET", "/", headers)
    with pytest.raises(Unauthenticated):
        verify(parse_signature(request), request, public, NOW)
