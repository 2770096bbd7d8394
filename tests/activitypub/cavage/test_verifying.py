"""draft-cavage-12: what must be covered, and what the signature must fit."""

from __future__ import annotations

import pytest

from fedrse.activitypub.cavage import signing_strings
from fedrse.activitypub.http_signatures import check, parse_signature
from fedrse.core.errors import Unauthenticated
from tests.activitypub.cavage.sender import ALL, BODY, CREATED, DATE, DIGEST, NOW, Sender


def test_signing_string_of_the_reference(rsa_sender: Sender) -> None:
    request = rsa_sender.request()
    (text,) = signing_strings(parse_signature(request), request)
    assert text.decode().split("\n") == [
        "(request-target): post /inbox",
        "host: oslo.corp.example",
        "date: Thu, 15 Jan 2026 09:00:00 GMT",
        "digest: SHA-256=GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=",
    ]
    assert rsa_sender.verdict(request) == "ok"


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "RSA-SHA256", "hs2019", None])
def test_rsa_algorithms(rsa_sender: Sender, algorithm: str | None) -> None:
    assert rsa_sender.verdict(rsa_sender.request(algorithm=algorithm)) == "ok"


@pytest.mark.parametrize("algorithm", ["rsa-sha512", "hmac-sha256", "ecdsa-sha256", "none", ""])
def test_unsupported_algorithms(rsa_sender: Sender, algorithm: str) -> None:
    request = rsa_sender.request(algorithm=algorithm)
    assert rsa_sender.verdict(request) == "algorithm_unsupported"


@pytest.mark.parametrize(
    ("algorithm", "code"),
    [
        ("hs2019", "ok"),
        ("ed25519", "ok"),
        (None, "ok"),
        ("rsa-sha256", "algorithm_unsupported"),
    ],
)
def test_ed25519_algorithms(ed25519_sender: Sender, algorithm: str | None, code: str) -> None:
    assert ed25519_sender.verdict(ed25519_sender.request(algorithm=algorithm)) == code


def test_a_key_is_used_with_its_own_algorithm(rsa_sender: Sender) -> None:
    request = rsa_sender.request(algorithm="ed25519")
    assert rsa_sender.verdict(request) == "algorithm_unsupported"


@pytest.mark.parametrize(
    ("algorithm", "code"),
    [("hs2019", "ok"), (None, "ok"), ("rsa-sha256", "signature_malformed")],
)
def test_created_needs_hs2019(rsa_sender: Sender, algorithm: str | None, code: str) -> None:
    request = rsa_sender.request(
        lines=CREATED,
        covered="(request-target) (created) host digest",
        algorithm=algorithm,
        extra="created=1768467600,",
        headers={"Date": "whenever"},
    )
    assert rsa_sender.verdict(request) == code


def test_expires_is_covered(rsa_sender: Sender) -> None:
    lines = [*CREATED[:2], "(expires): 1768467900", *CREATED[2:]]
    covered = "(request-target) (created) (expires) host digest"
    extra = "created=1768467600,expires=1768467900,"
    request = rsa_sender.request(lines=lines, covered=covered, algorithm="hs2019", extra=extra)
    assert rsa_sender.verdict(request) == "ok"
    changed = extra.replace("1768467900", "1768467901")
    request = rsa_sender.request(lines=lines, covered=covered, algorithm="hs2019", extra=changed)
    assert rsa_sender.verdict(request) == "signature_wrong"
    request = rsa_sender.request(
        lines=lines, covered=covered, algorithm="hs2019", extra="created=1768467600,"
    )
    assert rsa_sender.verdict(request) == "signature_malformed"


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (0, "ok"),
        (20, "ok"),
        (-20, "ok"),
        (59, "ok"),
        (-59, "ok"),
        (61, "signature_expired"),
        (-61, "signature_early"),
        (60 * 24 * 3, "signature_expired"),
        (-60 * 24 * 3, "signature_early"),
    ],
)
def test_window(rsa_sender: Sender, minutes: int, code: str) -> None:
    assert rsa_sender.verdict(rsa_sender.request(), NOW + minutes * 60_000) == code


@pytest.mark.parametrize(
    ("expires", "minutes", "code"),
    [
        (1768467900, 0, "ok"),
        (1768467900, 25, "ok"),  # the sender's clock may be slow
        (1768467900, 40, "signature_expired"),
        (1768467600 + 43200, 55, "ok"),
        (1768467600 + 43200, 65, "signature_expired"),  # a far expiry extends nothing
        (1768467599, 0, "signature_expired"),  # expired before it was made
    ],
)
def test_stated_expiry(rsa_sender: Sender, expires: int, minutes: int, code: str) -> None:
    request = rsa_sender.request(
        lines=[*CREATED, f"(expires): {expires}"],
        covered="(request-target) (created) host digest (expires)",
        algorithm="hs2019",
        extra=f"created=1768467600,expires={expires},",
    )
    assert rsa_sender.verdict(request, NOW + minutes * 60_000) == code


def test_drift_is_told(rsa_sender: Sender) -> None:
    request = rsa_sender.request()
    assert check(parse_signature(request), request, NOW + 90_000) == -90_000


GET = [f"date: {DATE}", "host: oslo.corp.example"]


@pytest.mark.parametrize(
    ("method", "target", "signed", "code"),
    [
        ("GET", "/u/1?page=2", "get /u/1?page=2", "ok"),
        ("GET", "/u/1?page=2", "get /u/1", "ok"),
        ("GET", "/u/1?page=2", "get /u/1?page=3", "signature_wrong"),
        ("GET", "/u/1?", "get /u/1?", "ok"),
        ("GET", "/u/1?", "get /u/1", "ok"),
        ("GET", "/u/1", "get /u/1?page=2", "signature_wrong"),
        ("GET", "/u/%C3%A9", "get /u/%C3%A9", "ok"),
        ("GET", "/u/%C3%A9", "get /u/é", "signature_wrong"),
        ("GET", "/u/2", "get /u/1", "signature_wrong"),
        ("HEAD", "/u/1", "head /u/1", "ok"),
        ("GET", "/u/1", "head /u/1", "signature_wrong"),
    ],
)
def test_request_target(
    rsa_sender: Sender, method: str, target: str, signed: str, code: str
) -> None:
    request = rsa_sender.request(
        method=method,
        target=target,
        lines=[*GET, f"(request-target): {signed}"],
        covered="date host (request-target)",
        body=b"",
    )
    assert rsa_sender.verdict(request) == code


def test_absolute_request_target(rsa_sender: Sender) -> None:
    signed = rsa_sender.request(
        method="GET",
        target="/u/1?x=1",
        covered="(request-target) host date",
        body=b"",
    )
    headers = {name: signed.headers[name] for name in ("Date", "Signature")}
    for target in ("https://oslo.corp.example/u/1?x=1", "http://10.0.0.1:8400/u/1?x=1"):
        request = rsa_sender.receive("GET", target, headers)
        assert rsa_sender.verdict(request) == "ok"
    for target in ("*", "oslo.corp.example:443", "", "ftp://x/"):
        with pytest.raises(Unauthenticated, match="cannot be read"):
            rsa_sender.receive("GET", target, headers)


@pytest.mark.parametrize(
    ("method", "covered", "code"),
    [
        ("POST", "(request-target) host date", "not_covered"),
        ("POST", "(request-target) date digest", "not_covered"),
        ("POST", "(request-target) host digest", "not_covered"),
        ("POST", "host date digest", "ok"),
        ("PUT", "(request-target) host date", "not_covered"),
        ("DELETE", "(request-target) host date", "not_covered"),
        ("GET", "(request-target) date", "not_covered"),
        ("GET", "host date", "not_covered"),
        ("GET", "(request-target) host", "not_covered"),
        ("GET", "(request-target) host date", "ok"),
        ("GET", "(request-target) host date digest", "ok"),
        ("GET", "date host (request-target)", "ok"),
    ],
)
def test_coverage(rsa_sender: Sender, method: str, covered: str, code: str) -> None:
    values = {
        "(request-target)": f"{method.lower()} /inbox",
        "host": "oslo.corp.example",
        "date": DATE,
        "digest": DIGEST,
    }
    body = BODY if method != "GET" or "digest" in covered else b""
    lines = [f"{name}: {values[name]}" for name in covered.split()]
    request = rsa_sender.request(method=method, lines=lines, covered=covered, body=body)
    assert rsa_sender.verdict(request) == code


def test_a_get_with_a_body_needs_the_digest(rsa_sender: Sender) -> None:
    request = rsa_sender.request(method="GET", covered="(request-target) host date", body=b"x")
    assert rsa_sender.verdict(request) == "digest_mismatch"
    request = rsa_sender.request(method="GET", covered="(request-target) host date")
    assert rsa_sender.verdict(request) == "not_covered"


def test_a_digest_that_is_covered_is_checked(rsa_sender: Sender) -> None:
    # That of another body, signed with a GET that has none.
    assert rsa_sender.verdict(rsa_sender.request(method="GET", body=b"")) == "digest_mismatch"


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        (f"SHA-512=abc=,{DIGEST}", "digest_mismatch"),
        (f"unixsum=1,{DIGEST}", "ok"),
        ("SHA-512=AAAA", "digest_unsupported"),
        ("", "digest_missing"),
    ],
)
def test_digest_lists(rsa_sender: Sender, digest: str, code: str) -> None:
    lines = ["host: oslo.corp.example", f"date: {DATE}", f"digest: {digest}"]
    request = rsa_sender.request(
        lines=lines, covered="host date digest", headers={"Digest": digest}
    )
    assert rsa_sender.verdict(request) == code


def test_repeated_headers(rsa_sender: Sender) -> None:
    request = rsa_sender.request(
        lines=["host: oslo.corp.example", f"date: {DATE}", f"digest: {DIGEST}", "x-a: 1, 2"],
        covered="host date digest x-a",
    )
    request.headers.add("X-A", " 1")  # type: ignore[union-attr]
    request.headers.add("x-a", "2\t")  # type: ignore[union-attr]
    assert rsa_sender.verdict(request) == "ok"
    for name, value in [("Date", DATE), ("Host", "oslo.corp.example")]:
        request = rsa_sender.request()
        request.headers.add(name, value)  # type: ignore[union-attr]
        assert rsa_sender.verdict(request) == "signature_malformed"
    request = rsa_sender.request()
    request.headers.add("Signature", request.headers["Signature"])  # type: ignore[union-attr]
    assert rsa_sender.verdict(request) == "signature_ambiguous"


@pytest.mark.parametrize(
    ("signed", "received", "code"),
    [
        ("oslo.corp.example", "oslo.corp.example", "ok"),
        ("oslo.corp.example", "127.0.0.1:8400", "ok"),  # a proxy put its own name
        ("oslo.corp.example", "OSLO.corp.example", "signature_wrong"),
        ("OSLO.corp.example", "OSLO.corp.example", "ok"),
        ("oslo.corp.example:443", "oslo.corp.example:443", "ok"),
        ("evil.example", "evil.example", "host_mismatch"),
        ("evil.example", "oslo.corp.example", "signature_wrong"),
        ("oslo.corp.example:8443", "oslo.corp.example:8443", "host_mismatch"),
        ("", "", "host_mismatch"),
    ],
)
def test_host(rsa_sender: Sender, signed: str, received: str, code: str) -> None:
    lines = ["(request-target): post /inbox", f"host: {signed}", f"date: {DATE}"]
    request = rsa_sender.request(lines=[*lines, f"digest: {DIGEST}"], headers={"Host": received})
    assert rsa_sender.verdict(request) == code


def test_further_origins(rsa_sender: Sender) -> None:
    signed = rsa_sender.request(
        lines=[
            "(request-target): post /inbox",
            "host: old.corp.example",
            f"date: {DATE}",
            f"digest: {DIGEST}",
        ]
    )
    headers = {name: signed.headers[name] for name in ("Date", "Digest", "Signature")}
    origins = ("https://oslo.corp.example", "https://old.corp.example")
    for host, code in [("old.corp.example", "ok"), ("oslo.corp.example", "signature_wrong")]:
        request = rsa_sender.receive("POST", "/inbox", {**headers, "Host": host}, BODY, origins)
        assert rsa_sender.verdict(request) == code


def test_missing_parts(rsa_sender: Sender) -> None:
    request = rsa_sender.request(covered=ALL + " x-none")
    assert rsa_sender.verdict(request) == "component_missing"
    request = rsa_sender.request(headers={"Date": "yesterday"})
    assert rsa_sender.verdict(request) == "signature_malformed"
    request = rsa_sender.request(covered="(created) host digest", algorithm="hs2019", lines=CREATED)
    assert rsa_sender.verdict(request) == "signature_malformed"
    request = rsa_sender.request(headers={"Signature": 'keyId="k",signature="AQID"'})
    assert rsa_sender.verdict(request) == "signature_malformed"


def test_no_line_breaks_in_covered_headers(rsa_sender: Sender) -> None:
    # One header whose value looks like two lines must not stand in for two headers.
    lines = ["host: oslo.corp.example", f"date: {DATE}", f"digest: {DIGEST}", "x-a: 1", "x-b: 2"]
    request = rsa_sender.request(
        lines=lines, covered="host date digest x-a", headers={"X-A": "1\nx-b: 2"}
    )
    assert rsa_sender.verdict(request) == "signature_malformed"


def test_bytes_beyond_ascii(rsa_sender: Sender) -> None:
    lines = ["host: oslo.corp.example", f"date: {DATE}", f"digest: {DIGEST}", "x-a: é"]
    covered = "host date digest x-a"
    raw = "é".encode().decode("ascii", "surrogateescape")
    request = rsa_sender.request(lines=lines, covered=covered, headers={"X-A": raw})
    assert rsa_sender.verdict(request) == "ok"
    request = rsa_sender.request(lines=lines, covered=covered, headers={"X-A": "\ud800"})
    assert rsa_sender.verdict(request) == "signature_malformed"
