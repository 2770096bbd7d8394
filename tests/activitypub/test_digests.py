"""Digest and Content-Digest."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.digests import check_content_digest, check_digest, prepare_body
from fedrse.core.errors import Unauthenticated

BODY = b'{"type":"Follow"}'
SHA256 = "GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="
SHA512 = b64encode(hashlib.sha512(BODY).digest()).decode()
OTHER = b64encode(bytes(32)).decode()


def verdict(check: Callable[[str | None, bytes, bytes], None], header: str | None) -> str:
    try:
        check(header, BODY, hashlib.sha256(BODY).digest())
    except Unauthenticated as error:
        return error.code
    return "ok"


def test_prepared() -> None:
    prepared = prepare_body(BODY)
    assert prepared.body == BODY
    assert prepared.sha256 == hashlib.sha256(BODY).digest()
    assert prepared.digest == f"SHA-256={SHA256}"
    assert prepared.content_digest == f"sha-256=:{SHA256}:"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (f"SHA-256={SHA256}", "ok"),
        (f"sha-256={SHA256}", "ok"),
        (f"SHA-512={SHA512},SHA-256={SHA256}", "ok"),
        (f"MD5=abc, SHA-256={SHA256} , UNIXsum=30637", "ok"),
        (f"SHA-256={OTHER}", "digest_mismatch"),
        (f"SHA-256={SHA256},SHA-256={OTHER}", "digest_mismatch"),
        (f"SHA-256={SHA256},SHA-512={SHA256}", "digest_mismatch"),
        (f"SHA-256={SHA256[:20]}", "digest_mismatch"),
        ("SHA-256=", "digest_mismatch"),
        (f"SHA-512={SHA512}", "digest_unsupported"),
        ("MD5=abc", "digest_unsupported"),
        ("SHA-256=!", "digest_malformed"),
        ("SHA-256", "digest_malformed"),
        (f"SHA-256={SHA256},", "digest_malformed"),
        (f"SHA-256={SHA256}" + ",MD5=a" * 8, "digest_malformed"),
        ("SHA-256=" + "A" * 4000, "digest_malformed"),
        ("", "digest_missing"),
        (None, "digest_missing"),
    ],
)
def test_digest(header: str | None, code: str) -> None:
    assert verdict(check_digest, header) == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (f"sha-256=:{SHA256}:", "ok"),
        (f"sha-512=:{SHA512}:", "ok"),
        (f"sha-512=:{SHA512}:, sha-256=:{SHA256}:", "ok"),
        (f"md5=:AQID:, sha-256=:{SHA256}:", "ok"),
        (f"unixsum=30637, sha-256=:{SHA256}:", "ok"),
        (f"sha-256=:{OTHER}:", "digest_mismatch"),
        (f"sha-256=:{SHA256}:, sha-512=:{SHA256}:", "digest_mismatch"),
        ("md5=:AQID:", "digest_unsupported"),
        (f"SHA-256=:{SHA256}:", "digest_malformed"),
        (f"sha-256={SHA256}", "digest_malformed"),
        (f'sha-256="{SHA256}"', "digest_malformed"),
        (f"sha-256=:{SHA256}:, sha-256=:{SHA256}:", "digest_malformed"),
        ("sha-256", "digest_malformed"),
        ("sha-256=(:AQID:)", "digest_malformed"),
        ("", "digest_missing"),
        (None, "digest_missing"),
    ],
)
def test_content_digest(header: str | None, code: str) -> None:
    assert verdict(check_content_digest, header) == code


@given(st.text("SHAsha-256=:,AB ", max_size=60) | st.text(max_size=40))
def test_any_header(header: str) -> None:
    for check in (check_digest, check_content_digest):
        assert verdict(check, header).startswith("digest_")


@given(st.binary(max_size=100))
def test_prepared_bodies_pass(body: bytes) -> None:
    prepared = prepare_body(body)
    check_digest(prepared.digest, body, prepared.sha256)
    check_content_digest(prepared.content_digest, body, prepared.sha256)
