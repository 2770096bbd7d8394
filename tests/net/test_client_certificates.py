"""Which certificates of other sites count, and who has to show one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.core.clock import SystemClock
from fedrse.core.errors import Misconfigured
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.core.settings_transport import pin_text
from fedrse.net.client_certificates import (
    CertificateRefused,
    ClientCertificateRules,
    read_certificate,
)
from fedrse.net.transport import digest_of
from tests.net.tls_authority import TlsAuthority

OSLO = "oslo.corp.example"
LYON = "lyon.corp.example"
OPTIONAL, REQUIRED = ClientCertificates.OPTIONAL, ClientCertificates.REQUIRED


def der_of(file: Path) -> bytes:
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)


@pytest.fixture
def group(tmp_path: Path) -> TlsAuthority:
    return TlsAuthority(tmp_path, "Authority of the group")


@pytest.fixture
def other(tmp_path: Path) -> TlsAuthority:
    folder = tmp_path / "other"
    folder.mkdir()
    return TlsAuthority(folder, "Another authority")


def rules(
    group: TlsAuthority, mode: ClientCertificates = REQUIRED, **changes: Any
) -> ClientCertificateRules:
    told = MutualTlsSettings(mode=mode, ca_bundle=str(group.ca_file), **changes)
    return ClientCertificateRules(told, SystemClock())


def refusal(checked: ClientCertificateRules, peer: str, shown: bytes | None) -> str:
    """The code of the refusal, "" where there is none."""
    try:
        checked.check(peer, shown)
    except CertificateRefused as error:
        return error.code.removeprefix("client_certificate_")
    return ""


def test_everybody_has_to_show_one_where_it_is_required(group: TlsAuthority) -> None:
    shown = der_of(group.issue(OSLO)[0])
    checked = rules(group)
    assert refusal(checked, OSLO, shown) == ""
    assert refusal(checked, f"{OSLO}:8443", shown) == ""
    assert refusal(checked, OSLO, None) == "missing"
    assert refusal(checked, LYON, shown) == "foreign"
    assert refusal(checked, OSLO, b"") == "malformed"
    assert CertificateRefused.status == 401


@pytest.mark.parametrize("way", ["required_from", "key_pins", "ca_bundles"])
def test_only_those_who_are_named_where_it_is_optional(group: TlsAuthority, way: str) -> None:
    certificate, _ = group.issue(OSLO)
    shown = der_of(certificate)
    named: dict[str, Any] = {
        "required_from": [OSLO],
        "key_pins": {OSLO: [pin_text(digest_of(shown))]},
        "ca_bundles": {OSLO: str(group.ca_file)},
    }
    checked = rules(group, OPTIONAL, **{way: named[way]})
    assert refusal(checked, OSLO, None) == "missing"
    assert refusal(checked, OSLO, shown) == ""
    assert refusal(checked, LYON, None) == ""
    assert refusal(checked, LYON, shown) == ""


def test_authorities_of_a_peer_are_the_only_ones(group: TlsAuthority, other: TlsAuthority) -> None:
    of_group, of_other = der_of(group.issue(OSLO)[0]), der_of(other.issue(OSLO)[0])
    assert refusal(rules(group), OSLO, of_other) == "untrusted"
    checked = rules(group, ca_bundles={OSLO: str(other.ca_file)})
    assert refusal(checked, OSLO, of_other) == ""
    assert refusal(checked, OSLO, of_group) == "untrusted"
    # What counts for one peer does not count for the next.
    assert refusal(checked, LYON, der_of(other.issue(LYON)[0])) == "untrusted"


def test_who_only_has_the_name_of_the_authority_is_not_the_authority(
    group: TlsAuthority, tmp_path: Path
) -> None:
    folder = tmp_path / "false"
    folder.mkdir()
    false = TlsAuthority(folder, "Authority of the group")
    assert refusal(rules(group), OSLO, der_of(false.issue(OSLO)[0])) == "untrusted"


def test_a_certificate_in_the_bundle_signs_nothing(group: TlsAuthority, tmp_path: Path) -> None:
    leaf, _ = group.issue(OSLO)
    bundle = tmp_path / "leaf.pem"
    bundle.write_bytes(leaf.read_bytes())
    checked = rules(group, ca_bundles={OSLO: str(bundle)})
    assert refusal(checked, OSLO, der_of(leaf)) == ""
    assert refusal(checked, OSLO, der_of(group.issue(OSLO)[0])) == "untrusted"


def test_keys_are_changed_with_two_pins(group: TlsAuthority) -> None:
    now, following, third = (der_of(group.issue(OSLO)[0]) for _ in range(3))
    pins = {OSLO: [pin_text(digest_of(now)), pin_text(digest_of(following))]}
    checked = rules(group, key_pins=pins)
    assert refusal(checked, OSLO, now) == ""
    assert refusal(checked, OSLO, following) == ""
    assert refusal(checked, OSLO, third) == "not_pinned"
    with pytest.raises(CertificateRefused, match="has the key sha256/") as caught:
        checked.check(OSLO, third)
    assert pin_text(digest_of(third)) in caught.value.message


def test_a_pin_stands_for_the_name_but_not_for_the_authority(
    group: TlsAuthority, other: TlsAuthority
) -> None:
    nameless, foreign = der_of(group.issue("proxy.example")[0]), der_of(other.issue(OSLO)[0])
    pins = {OSLO: [pin_text(digest_of(nameless)), pin_text(digest_of(foreign))]}
    checked = rules(group, key_pins=pins)
    assert refusal(checked, OSLO, nameless) == ""
    assert refusal(checked, OSLO, foreign) == "untrusted"


def test_time_counts(group: TlsAuthority) -> None:
    late = der_of(group.issue(OSLO, lifetime=timedelta(days=-1))[0])
    assert refusal(rules(group), OSLO, late) == "expired"


@pytest.mark.parametrize(
    ("name", "peer", "counts"),
    [
        ("*.corp.example", OSLO, True),
        ("*.corp.example", "a.b.corp.example", False),
        ("*.corp.example", "corp.example", False),
        ("127.0.0.1", "127.0.0.1:8400", True),
        ("::1", "[::1]:8400", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("OSLO.corp.example", OSLO, True),
    ],
)
def test_names(group: TlsAuthority, name: str, peer: str, counts: bool) -> None:
    shown = der_of(group.issue(name)[0])
    assert (refusal(rules(group), peer, shown) == "") is counts


def test_who_listens_hears_until_when_it_is_valid(group: TlsAuthority) -> None:
    heard: list[tuple[str, int]] = []
    told = MutualTlsSettings(mode=REQUIRED, ca_bundle=str(group.ca_file))
    checked = ClientCertificateRules(
        told, SystemClock(), saw=lambda peer, until: heard.append((peer, until))
    )
    certificate, _ = group.issue(OSLO)
    checked.check(OSLO, der_of(certificate))
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    assert heard == [(OSLO, round(ends.timestamp() * 1000))]


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing", encoding="utf-8")
    told = MutualTlsSettings(mode=REQUIRED, ca_bundle=str(broken))
    with pytest.raises(Misconfigured, match="cannot be read"):
        ClientCertificateRules(told, SystemClock())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return der_of(TlsAuthority(tmp_path_factory.mktemp("sample")).issue(OSLO, "127.0.0.1")[0])


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # which is what this one tries
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_are_a_certificate_or_none(sample: bytes, data: st.DataObject) -> None:
    changed = bytearray(sample)
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), max_size=6)):
        changed[place] = data.draw(st.integers(0, 255))
    shown = bytes(changed[: data.draw(st.integers(0, len(changed)))])
    try:
        read = read_certificate(data.draw(st.sampled_from([shown, bytes(changed)])))
    except ValueError:
        return
    assert len(read.pin) == 32


def test_what_is_too_large_is_not_read(sample: bytes) -> None:
    with pytest.raises(ValueError, match="too large"):
        read_certificate(sample + bytes(20_000))
