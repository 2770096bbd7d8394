"""Single peers: authorities of their own, pinned keys, private ranges, client certificates."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fedrse.core.clock import SystemClock
from fedrse.core.errors import Misconfigured
from fedrse.core.settings import OutgoingSettings, Settings, SiteSettings
from fedrse.core.settings_transport import TransportSettings, pin_text, read_pin
from fedrse.core.urls import Origin, origin_of
from fedrse.net import errors
from fedrse.net.delivery import Deliverer
from fedrse.net.dialler import Dialler
from fedrse.net.transport import digest_of
from tests.net.servers import Gate, ScriptedResolver, always, answer, raw_server
from tests.net.tls_authority import TlsAuthority

OSLO = "oslo.corp.example"


class Silent(asyncio.Protocol):
    """Keeps its transport and counts what it hears."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport


def made(port: int, resolver: ScriptedResolver | None = None, **transport: Any) -> Dialler:
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.corp.example", name="Lyon"),
        outgoing=OutgoingSettings(connect={OSLO: f"https://127.0.0.1:{port}"} if port else {}),
        transport=TransportSettings(**transport),
    )
    return Dialler.of_settings(settings, Gate(named={OSLO}), resolver or ScriptedResolver())


async def connect(dialler: Dialler, origin: Origin | None = None) -> None:
    protocol = await dialler.connect(origin or origin_of(f"https://{OSLO}"), Silent)
    protocol.transport.abort()


def pin_of(certificate: Path) -> str:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return pin_text(digest_of(found.public_bytes(Encoding.DER)))


@pytest.fixture
def authority(tmp_path: Path) -> TlsAuthority:
    return TlsAuthority(tmp_path, "Authority of Oslo")


async def test_authorities_of_a_peer_are_the_only_ones(
    authority: TlsAuthority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = TlsAuthority(tmp_path / "other", "Another authority")
    async with raw_server(always(answer()), tls=authority.server_context(OSLO)) as server:
        await connect(made(server.port, ca_bundles={OSLO: str(authority.ca_file)}))
        with pytest.raises(errors.TlsFailed) as caught:
            await connect(made(server.port, ca_bundles={OSLO: str(other.ca_file)}))
        assert caught.value.code == "certificate_not_trusted"
        with pytest.raises(errors.TlsFailed):
            await connect(made(server.port))


async def test_host_names_are_checked_with_own_authorities_as_well(
    authority: TlsAuthority,
) -> None:
    tls = authority.server_context("nantes.corp.example")
    async with raw_server(always(answer()), tls=tls) as server:
        with pytest.raises(errors.TlsFailed):
            await connect(made(server.port, ca_bundles={OSLO: str(authority.ca_file)}))


async def test_only_pinned_keys_are_taken(authority: TlsAuthority, tmp_path: Path) -> None:
    certificate, key = authority.issue(OSLO)
    (tmp_path / "next").mkdir()
    following = pin_of(TlsAuthority(tmp_path / "next").issue(OSLO)[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    bundle = {OSLO: str(authority.ca_file)}
    async with raw_server(always(answer()), tls=context) as server:
        both = [following, pin_of(certificate)]
        await connect(made(server.port, ca_bundles=bundle, key_pins={OSLO: both}))
        with pytest.raises(errors.TlsFailed) as caught:
            await connect(made(server.port, ca_bundles=bundle, key_pins={OSLO: [following]}))
    assert caught.value.code == "key_not_pinned"
    assert pin_of(certificate) in caught.value.message


async def test_a_pin_does_not_stand_for_a_valid_certificate(authority: TlsAuthority) -> None:
    certificate, key = authority.issue(OSLO)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with raw_server(always(answer()), tls=context) as server:
        with pytest.raises(errors.TlsFailed) as caught:
            await connect(made(server.port, key_pins={OSLO: [pin_of(certificate)]}))
    assert caught.value.code == "certificate_not_trusted"


async def test_private_ranges_are_opened_for_one_peer(authority: TlsAuthority) -> None:
    answers = {OSLO: [["10.20.0.5"]], "other.example": [["10.20.0.5"]]}
    dialler = made(0, ScriptedResolver(answers), private_addresses={OSLO: ["10.21.0.0/16"]})
    with pytest.raises(errors.HostNotAllowed):
        await connect(dialler)
    dialler = made(0, ScriptedResolver(answers), private_addresses={OSLO: ["10.20.0.0/16"]})
    # Connecting there would leave the machine.
    assert dialler._permits(ip_address("10.20.0.5"), OSLO)
    assert not dialler._permits(ip_address("169.254.169.254"), OSLO)
    with pytest.raises(errors.HostNotAllowed):
        await connect(dialler, origin_of("https://other.example"))


async def test_a_client_certificate_is_shown_to_whoever_asks_for_it(
    authority: TlsAuthority,
) -> None:
    certificate, key = authority.issue("lyon.corp.example")
    context = authority.server_context(OSLO)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(str(authority.ca_file))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    bundle = {OSLO: str(authority.ca_file)}
    shown = {
        "client_certificate": str(certificate),
        "client_key": str(key),
        "client_certificate_for": [OSLO],
    }
    async with raw_server(always(answer()), tls=context) as server:
        with pytest.raises((errors.TlsFailed, errors.ConnectFailed)):
            await connect(made(server.port, ca_bundles=bundle))
        await connect(made(server.port, ca_bundles=bundle, **shown))


@pytest.fixture
def strict_server(authority: TlsAuthority, tmp_path: Path) -> Iterator[int]:
    """A server (TLS 1.3) that wants a certificate of its authority and says what it thinks."""
    context = authority.server_context(OSLO)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(str(authority.ca_file))
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listening.accept()
                with plain, suppress(OSError), context.wrap_socket(plain, server_side=True):
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(listening.getsockname()[1])
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


async def test_a_refused_client_certificate_is_told(
    authority: TlsAuthority, strict_server: int, tmp_path: Path
) -> None:
    """In TLS 1.3 the handshake is over for us before the other side has looked."""
    (tmp_path / "other").mkdir()
    certificate, key = TlsAuthority(tmp_path / "other").issue("lyon.corp.example")
    dialler = made(
        strict_server,
        ca_bundles={OSLO: str(authority.ca_file)},
        client_certificate=str(certificate),
        client_key=str(key),
        client_certificate_for=[OSLO],
    )
    deliverer = Deliverer(dialler, SystemClock())
    with pytest.raises(errors.NetworkFailure, match="accept our client certificate"):
        await deliverer.post(f"https://{OSLO}/inbox", {}, b"{}")
    await deliverer.close()


async def test_a_connection_that_ends_without_a_word(authority: TlsAuthority) -> None:
    certificate, key = authority.issue("lyon.corp.example")
    context = authority.server_context(OSLO)

    async def close(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with raw_server(close, tls=context) as server:
        bundle = {OSLO: str(authority.ca_file)}
        shown = {"client_certificate": str(certificate), "client_key": str(key)}
        for named, words in (([OSLO], "perhaps"), ([], "connection$")):
            dialler = made(server.port, ca_bundles=bundle, **shown, client_certificate_for=named)
            deliverer = Deliverer(dialler, SystemClock())
            with pytest.raises(errors.ConnectionLost, match=words):
                await deliverer.post(f"https://{OSLO}/inbox", {}, b"{}")
            await deliverer.close()


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing", encoding="utf-8")
    with pytest.raises(Misconfigured, match="authorities in"):
        made(1, ca_bundles={OSLO: str(empty)})
    with pytest.raises(Misconfigured, match="client certificate"):
        made(
            1,
            client_certificate=str(empty),
            client_key=str(empty),
            client_certificate_for=[OSLO],
        )


@pytest.mark.parametrize(
    "text", ["", "sha256/", "sha256/AAAA", "sha1/" + "A" * 43 + "=", "sha256/" + "!" * 44]
)
def test_what_is_no_pin(text: str) -> None:
    with pytest.raises(ValueError, match="44 characters"):
        read_pin(text)
