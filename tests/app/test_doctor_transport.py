"""What `fedrse doctor` says about the settings of single peers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from fedrse.app.doctor.findings import State
from fedrse.app.doctor.transport import examine_transport
from fedrse.core.clock import SystemClock
from fedrse.core.settings import NetworkSettings, Settings, SiteSettings
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.core.settings_transport import TransportSettings, pin_text
from tests.net.tls_authority import TlsAuthority

OSLO = "oslo.corp.example"


def examined(**transport: Any) -> list[tuple[State, str]]:
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.corp.example", name="Lyon"),
        network=NetworkSettings(members=[f"https://{OSLO}"]),
        transport=TransportSettings(**transport),
    )
    return [(found.state, found.message) for found in examine_transport(settings, SystemClock())]


def test_nothing_is_said_where_nothing_is_set() -> None:
    assert examined() == []


def test_pins_need_a_second_one() -> None:
    first, second = pin_text(bytes(32)), pin_text(b"x" * 32)
    ((state, message),) = examined(key_pins={OSLO: [first]})
    assert (state, "cut off" in message) == (State.WARNING, True)
    ((state, _),) = examined(key_pins={OSLO: [first, second]})
    assert state is State.OK


def test_certificates_are_looked_at(tmp_path: Path) -> None:
    authority = TlsAuthority(tmp_path)
    ((state, _),) = examined(ca_bundles={OSLO: str(authority.ca_file)})
    assert state is State.OK
    soon, key = authority.issue("lyon.corp.example", lifetime=timedelta(days=3))
    shown = {"client_certificate": str(soon), "client_key": str(key)}
    ((state, message),) = examined(client_certificate_for=[OSLO], **shown)
    assert (state, "expires in" in message) == (State.WARNING, True)
    late, key = authority.issue("lyon.corp.example", lifetime=timedelta(days=-3))
    ((state, message),) = examined(client_certificate=str(late), client_key=str(key))
    assert (state, "expired" in message) == (State.PROBLEM, True)


def test_the_client_certificate_has_the_name_of_this_site(tmp_path: Path) -> None:
    certificate, key = TlsAuthority(tmp_path).issue("proxy.example")
    found = examined(client_certificate=str(certificate), client_key=str(key))
    assert [state for state, _ in found] == [State.OK, State.WARNING]
    assert "does not have the name lyon.corp.example" in found[1][1]


def asking(tmp_path: Path, **changes: Any) -> list[tuple[State, str]]:
    authority = TlsAuthority(tmp_path)
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.corp.example", name="Lyon"),
        network=NetworkSettings(members=[f"https://{OSLO}"]),
        mutual_tls=MutualTlsSettings(ca_bundle=str(authority.ca_file), **changes),
    )
    return [(found.state, found.message) for found in examine_transport(settings, SystemClock())]


def test_what_is_asked_of_others(tmp_path: Path) -> None:
    first, second = pin_text(bytes(32)), pin_text(b"x" * 32)
    optional = ClientCertificates.OPTIONAL
    found = asking(tmp_path, mode=optional, key_pins={OSLO: [first, second]})
    assert [(state, message.partition(" in ")[0]) for state, message in found] == [
        (State.OK, "the authorities of client certificates"),
        (State.OK, f"{OSLO} is pinned to 2 client keys"),
    ]
    found = asking(tmp_path, mode=optional, key_pins={OSLO: [first]})
    assert [state for state, _ in found] == [State.OK, State.WARNING]
    found = asking(tmp_path, mode=optional, required_from=["olso.corp.example"])
    assert [state for state, _ in found] == [State.WARNING, State.OK]
    found = asking(tmp_path, required_from=[OSLO])
    assert [(state, "mode is off" in message) for state, message in found] == [
        (State.WARNING, True)
    ]


def test_a_file_that_cannot_be_used_is_a_problem(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing", encoding="utf-8")
    ((state, _),) = examined(ca_bundles={OSLO: str(broken)})
    assert state is State.PROBLEM


def test_somebody_unknown_is_a_slip() -> None:
    found = examined(private_addresses={"olso.corp.example": ["10.20.0.0/16"]})
    assert [state for state, _ in found] == [State.WARNING]
