"""Certificates as proxies hand them over, and whose word counts."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.http.addresses import ClientAddresses
from fedrse.http.client_certificates import LONGEST_HEADER, read_header, shown_certificates

HEADER = "X-Client-Certificate"
DER = bytes(range(256)) * 4
PLAIN = base64.b64encode(DER).decode()
LINES = "\n".join(PLAIN[start : start + 64] for start in range(0, len(PLAIN), 64))
PEM = f"-----BEGIN CERTIFICATE-----\n{LINES}\n-----END CERTIFICATE-----\n"


class Raw:
    """What is used of aiohttp's request."""

    def __init__(self, remote: str | None, lines: list[str], tls: bytes | None = None) -> None:
        self.remote = remote
        self.headers = CIMultiDictProxy(CIMultiDict([(HEADER, line) for line in lines]))
        self.transport = self
        self._tls = tls

    def get_extra_info(self, name: str) -> Any:
        assert name == "ssl_object"
        return None if self._tls is None else self

    def getpeercert(self, *, binary_form: bool) -> bytes | None:
        assert binary_form
        return self._tls or None


def found(raw: Any, *, header: str | None = HEADER) -> bytes | None:
    told = MutualTlsSettings(mode=ClientCertificates.REQUIRED, header=header)
    shown = shown_certificates(told, ClientAddresses(["10.20.0.0/16"]))
    assert shown is not None
    return shown.of(raw)


@pytest.mark.parametrize(
    "text",
    [
        quote(PEM),
        quote(PEM, safe="/"),
        PEM.replace("\n", " "),
        PEM.replace("\n", "\t"),
        PLAIN,
        f"{PLAIN},{base64.b64encode(b'the authority').decode()}",
        f":{PLAIN}:",
        quote(PEM + PEM.replace("A", "B")),
    ],
    ids=["nginx", "slash", "Apache", "tabs", "Base64", "Traefik", "RFC 9440", "chain"],
)
def test_as_proxies_write_it(text: str) -> None:
    assert read_header(text) == DER


@pytest.mark.parametrize("text", ["", "none", "(null)", ":", "::", "AAA", "-----BEGIN CERTIFICATE"])
def test_what_is_no_certificate(text: str) -> None:
    assert read_header(text) in {b"", base64.b64decode("none")}


def test_it_has_a_limit() -> None:
    assert read_header("A" * (LONGEST_HEADER + 4)) == b""


@given(st.text(max_size=200) | st.binary(max_size=200).map(quote))
def test_any_text_is_read_or_not(text: str) -> None:
    assert isinstance(read_header(text), bytes)


@given(st.binary(min_size=1, max_size=500))
def test_what_was_written_is_read(content: bytes) -> None:
    plain = base64.b64encode(content).decode()
    assert read_header(plain) == read_header(f":{plain}:") == content


@pytest.mark.parametrize(
    ("remote", "counts"),
    [("10.20.0.7", True), ("::ffff:10.20.0.7", True), (None, True), ("10.21.0.7", False)],
)
def test_only_proxies_of_ours_are_believed(remote: str | None, counts: bool) -> None:
    assert found(Raw(remote, [PLAIN])) == (DER if counts else None)


def test_the_connection_itself_comes_first() -> None:
    assert found(Raw("10.20.0.7", [PLAIN], b"own")) == b"own"
    assert found(Raw("10.21.0.7", [], b"own"), header=None) == b"own"
    assert found(Raw("10.21.0.7", [], b"")) is None
    assert found(Raw("10.20.0.7", [""])) is None


def test_two_headers_cannot_both_be_true() -> None:
    assert found(Raw("10.20.0.7", [PLAIN, PLAIN])) == b""


def test_nobody_is_asked_where_it_is_off() -> None:
    assert shown_certificates(MutualTlsSettings(), ClientAddresses([])) is None
