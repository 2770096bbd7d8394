"""Sites that know each other by client certificates of their group, besides by signatures."""

from __future__ import annotations

import base64
import itertools
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fedrse.core.settings_transport import pin_text
from fedrse.net.transport import digest_of
from tests.net.tls_authority import TlsAuthority
from tests.sites.commands import told
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.remote_actor import RemoteWorld
from tests.sites.remote_signing import cavage
from tests.sites.site import Site, free_port
from tests.sites.waiting import until
from tests.sites.web import Answer, request

HEADER = "X-Client-Certificate"
PROXIED = "proxied.test"
Files = tuple[Path, ...]
"""A certificate and its key."""


class TlsSite(Site):
    """A site that serves TLS: for everybody at one port, for other sites at another one."""

    mutual_port: int

    @property
    def base_url(self) -> str:
        return f"https://{self.domain}"

    @property
    def peer(self) -> str:
        return self.domain


def der_of(certificate: Path) -> bytes:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return found.public_bytes(Encoding.DER)


def pin_of(files: Files) -> str:
    return pin_text(digest_of(der_of(files[0])))


class Pair:
    """Lyon asks everybody for a certificate, Nantes asks Lyon only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = self.new_authority("group")
        self.lyon, self.nantes = (self._site(name) for name in ("lyon", "nantes"))
        self._numbers = itertools.count()
        self.shown = {site.domain: self.issue(site.domain) for site in self.both}
        self._served = dict(self.shown)
        self.pins: list[str] = []
        for site in self.both:
            self.configure(site)

    @property
    def both(self) -> list[TlsSite]:
        return [self.lyon, self.nantes]

    def new_authority(self, name: str) -> TlsAuthority:
        folder = self.folder / name
        folder.mkdir()
        return TlsAuthority(folder, f"Authority {name}")

    def issue(self, name: str, authority: TlsAuthority | None = None) -> Files:
        """A new certificate and its key, in files of their own."""
        certificate, key = (authority or self.authority).issue(name, "127.0.0.1")
        number = next(self._numbers)
        return tuple(one.rename(self.folder / f"{number}{one.name}") for one in (certificate, key))

    def _site(self, name: str) -> TlsSite:
        trusted = self.authority.client_context()
        site = TlsSite(name=name, folder=self.folder / name, port=free_port(), tls=trusted)
        site.mutual_port = free_port()
        return site

    def configure(self, site: TlsSite) -> None:
        """Writes the settings as they shall be now."""
        other = self.nantes if site is self.lyon else self.lyon
        certificate, key = self._served[site.domain]
        outgoing: dict[str, Any] = {
            "connect": {other.domain: f"https://127.0.0.1:{other.mutual_port}"},
            "ca_bundle": str(self.authority.ca_file),
        }
        transport: dict[str, Any] = {}
        if site.domain in self.shown:
            files = map(str, self.shown[site.domain])
            transport = dict(zip(("client_certificate", "client_key"), files, strict=True))
            transport["client_certificate_for"] = [other.domain]
        else:
            outgoing["connect"] = {other.domain: f"https://127.0.0.1:{other.port}"}
        mutual: dict[str, Any] = {
            "mode": "required" if site is self.lyon else "optional",
            "listen": [f"127.0.0.1:{site.mutual_port}"],
            "ca_bundle": str(self.authority.ca_file),
        }
        if site is self.nantes:
            mutual["required_from"] = [self.lyon.domain]
        elif self.pins:
            mutual["key_pins"] = {self.nantes.domain: self.pins}
        site.configure(
            self.both,
            extra={
                "server": {"tls_certificate": str(certificate), "tls_key": str(key)},
                "outgoing": outgoing,
                "transport": transport,
                "mutual_tls": mutual,
            },
        )

    def as_at_first(self) -> None:
        """Undoes what a test changed, also one that failed half-way."""
        if (self.shown, self.pins) == (self._served, []):
            return
        self.shown, self.pins = dict(self._served), []
        for site in self.both:
            self.again(site)

    def again(self, site: TlsSite) -> None:
        """The site comes back with its new settings, and tries at once what waits."""
        site.stop()
        self.configure(site)
        site.time_passes()
        site.start()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("mutual"))
    for site in made.both:
        site.start()
    yield made
    for site in made.both:
        site.stop()


@pytest.fixture
def pair(started: Pair) -> Pair:
    started.as_at_first()
    return started


@pytest.fixture(scope="module")
def people(started: Pair) -> tuple[Person, Person]:
    """Somebody in Lyon and somebody in Nantes, who follow each other."""
    amina, basile = started.lyon.newcomer(), started.nantes.newcomer()
    amina.follow(basile)
    basile.follow(amina)
    return amina, basile


def refused_codes(site: Site, peer: str) -> set[str | None]:
    return {one["code"] for one in told(site, "why", peer)["peer"]["ledger"]}


def waiting_reason(site: Site, peer: str) -> str:
    return " ".join(event["what"] for event in told(site, "why", peer)["events"])


def test_sites_with_certificates_federate(pair: Pair, people: tuple[Person, Person]) -> None:
    amina, basile = people
    basile.arrived(amina.write("De Lyon")["uri"])
    amina.arrived(basile.write("De Nantes")["uri"])
    pair.again(pair.lyon)  # what is measured is written when a site stops
    until_day = "SELECT client_certificate_until FROM site WHERE host = 'nantes.test'"
    shown = x509.load_pem_x509_certificate(pair.shown["nantes.test"][0].read_bytes())
    assert pair.lyon.value(until_day) == round(shown.not_valid_after_utc.timestamp() * 1000)


def test_whoever_shows_none_is_refused_and_both_sides_can_find_out(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    amina, basile = people
    files = pair.shown.pop("nantes.test")
    pair.again(pair.nantes)
    written = basile.write("Sans certificat")
    until(
        lambda: "client_certificate_missing" in refused_codes(pair.lyon, "nantes.test"),
        "the ledger tells of it",
    )
    until(
        lambda: "client certificate" in waiting_reason(pair.nantes, "lyon.test"),
        "the sender knows why",
    )
    assert amina.sees(written["uri"]) is None
    # Documents are not shown, either, to a site that signs but shows no certificate.
    assert basile.look_up(amina.write("Pas pour vous")["uri"]) is None
    pair.shown["nantes.test"] = files
    pair.again(pair.nantes)
    amina.arrived(written["uri"])


def test_keys_are_changed_with_two_pins(pair: Pair, people: tuple[Person, Person]) -> None:
    amina, basile = people
    first = pair.shown["nantes.test"]
    second, third = (pair.issue("nantes.test") for _ in range(2))
    pair.pins = [pin_of(first), pin_of(second)]
    pair.again(pair.lyon)
    amina.arrived(basile.write("Première clé")["uri"])
    pair.shown["nantes.test"] = second
    pair.again(pair.nantes)
    amina.arrived(basile.write("Deuxième clé")["uri"])
    pair.shown["nantes.test"] = third
    pair.again(pair.nantes)
    written = basile.write("Troisième clé, que personne ne connaît")
    until(
        lambda: "client_certificate_not_pinned" in refused_codes(pair.lyon, "nantes.test"),
        "the ledger tells of it",
    )
    until(lambda: pin_of(third) in waiting_reason(pair.nantes, "lyon.test"), "which key it was")
    pair.pins = [pin_of(second), pin_of(third)]
    pair.again(pair.lyon)
    pair.again(pair.nantes)
    amina.arrived(written["uri"])


def test_a_certificate_of_somebody_else_does_not_do(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    """Of the group, but of another site: only TLS is satisfied with it."""
    amina, basile = people
    kept, pair.pins = pair.shown["nantes.test"], []
    pair.shown["nantes.test"] = pair.issue("oslo.test")
    for site in pair.both:
        pair.again(site)
    written = basile.write("Sous un autre nom")
    until(
        lambda: "client_certificate_foreign" in refused_codes(pair.lyon, "nantes.test"),
        "the ledger tells of it",
    )
    pair.shown["nantes.test"] = pair.issue("nantes.test", pair.new_authority("stranger"))
    pair.again(pair.nantes)
    until(
        lambda: "not accept our client certificate" in waiting_reason(pair.nantes, "lyon.test"),
        "the sender knows why",
    )
    pair.shown["nantes.test"] = kept
    pair.again(pair.nantes)
    amina.arrived(written["uri"])


def test_people_are_never_asked_for_a_certificate(pair: Pair, tmp_path: Path) -> None:
    """A certificate of nobody's authority ends the connection where one is asked for."""
    foreign = TlsAuthority(tmp_path, "Nobody's").issue("browser.example")
    context = pair.authority.client_context()
    context.load_cert_chain(*foreign)
    url = f"{pair.lyon.base_url}/health/ready"
    assert request(url, connect=("127.0.0.1", pair.lyon.port), tls=context).status == 200
    with pytest.raises((ssl.SSLError, ConnectionError)):
        request(url, connect=("127.0.0.1", pair.lyon.mutual_port), tls=context)
    without = pair.authority.client_context()
    assert request(url, connect=("127.0.0.1", pair.lyon.mutual_port), tls=without).status == 200
    until(lambda: "client_certificate_refused" in pair.lyon.last_words(), "the log says why")
    # What was counted is written at the latest when the site stops.
    pair.again(pair.lyon)
    refused = told(pair.lyon, "peer", "show", "nantes.test")["client_certificates_refused"]
    assert refused["count"] >= 1
    assert "in no bundle" in refused["why"]
    assert "in no bundle" in told(pair.lyon, "why", "nantes.test")["summary"]


@pytest.fixture
def proxied(tmp_path: Path, world: RemoteWorld) -> Iterator[tuple[Site, TlsAuthority]]:
    """A site behind a proxy that hands over certificates."""
    authority = TlsAuthority(tmp_path)
    connect = {PROXIED: f"http://127.0.0.1:{world.host(PROXIED).port}"}
    site = make_group(
        tmp_path,
        1,
        extra={
            "federation": {"mode": "open"},
            "outgoing": {"connect": connect},
            "server": {"trusted_proxies": ["127.0.0.1"]},
            "mutual_tls": {
                "mode": "required",
                "header": HEADER,
                "ca_bundle": str(authority.ca_file),
            },
        },
    )[0]
    yield site, authority
    site.stop()


def test_a_proxy_hands_over_what_it_was_shown(
    proxied: tuple[Site, TlsAuthority], world: RemoteWorld
) -> None:
    site, authority = proxied
    amina = site.newcomer()
    author = world.host(PROXIED).newcomer()
    certificate = authority.issue(PROXIED)[0]
    foreign = authority.issue("oslo.test")[0]

    def send(text: str | None) -> Answer:
        body = json.dumps(author.activity("Follow", amina.uri)).encode()
        headers = cavage(author.rsa, "POST", f"{site.base_url}/inbox", body)
        if text is not None:
            headers[HEADER] = text
        return request(f"{site.base_url}/inbox", method="POST", headers=headers, body=body)

    def code(text: str | None) -> str:
        answer = send(text)
        assert answer.status == 401
        return str(answer.json()["error_code"])

    assert code(None) == "client_certificate_missing"
    assert code("nonsense!") == "client_certificate_malformed"
    assert code(quote(foreign.read_text())) == "client_certificate_foreign"
    assert send(quote(certificate.read_text())).status == 202
    assert send(base64.b64encode(der_of(certificate)).decode()).status == 202
    # Somebody of this site signs in as always.
    assert amina.answer("GET", "/api/v1/accounts/verify_credentials").status == 200
    assert request(f"{site.base_url}/login").status == 200
