"""Connections: which are made, which are refused before a single packet, and why they fail."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fedrse.core.clock import SystemClock
from fedrse.core.settings import OutgoingSettings, Settings, SiteSettings
from fedrse.core.urls import Origin, UrlRules, origin_of
from fedrse.net import errors
from fedrse.net.dialler import Dialler, parse_overrides
from fedrse.net.resolver import SystemResolver
from fedrse.net.tls import client_context
from tests.net.servers import (
    PUBLIC_OWN,
    Gate,
    ScriptedResolver,
    always,
    answer,
    dialler,
    raw_server,
    stream_server,
)
from tests.net.tls_authority import TlsAuthority


class Silent(asyncio.Protocol):
    """Remembers that it was connected."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport


async def connect(made: Dialler, url: str) -> Silent:
    protocol = await made.connect(origin_of(url), Silent)
    protocol.transport.abort()
    return protocol


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "fd00::1",
        "fe80::1",
    ],
)
async def test_names_of_internal_addresses_are_refused(address: str) -> None:
    resolver = ScriptedResolver({"evil.example": [[address]]})
    made = dialler(own=PUBLIC_OWN, private=(), resolver=resolver)
    with pytest.raises(errors.HostNotAllowed) as caught:
        await connect(made, "https://evil.example")
    assert caught.value.code == "address_not_allowed"
    assert address.rpartition(":")[2] not in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "[64:ff9b::a00:1]"])
async def test_internal_addresses_themselves_are_refused(host: str) -> None:
    resolver = ScriptedResolver()
    made = dialler(own=PUBLIC_OWN, private=(), resolver=resolver)
    with pytest.raises(errors.HostNotAllowed):
        await connect(made, f"https://{host}")
    assert resolver.asked == []


async def test_one_internal_address_among_public_ones_is_enough_to_refuse() -> None:
    resolver = ScriptedResolver({"evil.example": [["8.8.8.8", "2606:4700::1111", "10.0.0.1"]]})
    made = dialler(own=PUBLIC_OWN, private=(), resolver=resolver)
    with pytest.raises(errors.HostNotAllowed):
        await connect(made, "https://evil.example")


async def test_a_second_answer_of_the_dns_changes_nothing() -> None:
    async with (
        raw_server(always(answer())) as good,
        raw_server(always(answer()), address="127.0.0.2", port=good.port) as internal,
    ):
        name = f"rebind.localhost:{good.port}"
        resolver = ScriptedResolver({"rebind.localhost": [["127.0.0.1"], ["127.0.0.2"]]})
        made = dialler(private=["127.0.0.1"], resolver=resolver)
        protocol = await made.connect(origin_of(f"http://{name}"), Silent)
        assert protocol.transport.get_extra_info("peername")[0] == "127.0.0.1"
        assert resolver.asked == ["rebind.localhost"]
        protocol.transport.abort()
        with pytest.raises(errors.HostNotAllowed):
            await connect(made, f"http://{name}")
        assert internal.connections == 0


async def test_the_next_address_is_tried() -> None:
    async with raw_server(always(answer())) as server:
        resolver = ScriptedResolver({"two.localhost": [["127.0.0.3", "127.0.0.1"]]})
        made = dialler(private=["127.0.0.0/8"], resolver=resolver)
        protocol = await made.connect(origin_of(f"http://two.localhost:{server.port}"), Silent)
        assert protocol.transport.get_extra_info("peername")[0] == "127.0.0.1"
        protocol.transport.abort()


def test_only_the_usual_port_unless_the_peer_is_named() -> None:
    made = dialler(
        own=PUBLIC_OWN,
        private=["oslo.corp.example", "rome.corp.example:9443", "10.0.0.0/8"],
        connect={"nantes.corp.example:7443": "https://10.20.0.5:8443"},
        gate=Gate(named={"member.example:8443"}, denied={"blocked.example"}),
    )
    allowed = ["x.example", "10.1.1.1", "member.example:8443", "nantes.corp.example:7443"]
    allowed += ["oslo.corp.example:8443", "rome.corp.example:9443"]
    for peer in allowed:
        made.check(origin_of(f"https://{peer}"))
    for peer in ("x.example:22", "member.example:22", "10.1.1.1:9200", "rome.corp.example:9444"):
        with pytest.raises(errors.HostNotAllowed, match="port"):
            made.check(origin_of(f"https://{peer}"))
    with pytest.raises(errors.HostNotAllowed, match="policy"):
        made.check(origin_of("https://blocked.example"))
    for peer in ("x.example", "localhost:8402", "127.0.0.1"):
        with pytest.raises(errors.HostNotAllowed, match="https"):
            made.check(origin_of(f"http://{peer}"))


async def test_an_override_leads_to_exactly_its_target(tls_authority: TlsAuthority) -> None:
    tls = tls_authority.server_context("nantes.corp.example")
    async with raw_server(always(answer()), tls=tls) as server:
        resolver = ScriptedResolver()
        made = dialler(
            own=PUBLIC_OWN,
            private=(),
            connect={"nantes.corp.example": f"https://127.0.0.1:{server.port}"},
            resolver=resolver,
            tls=tls_authority.client_context(),
        )
        protocol = await made.connect(origin_of("https://nantes.corp.example"), Silent)
        certificate = protocol.transport.get_extra_info("peercert")
        assert ("DNS", "nantes.corp.example") in certificate["subjectAltName"]
        protocol.transport.abort()
        with pytest.raises(errors.NameLookupFailed):
            await connect(made, "https://other.corp.example")
        assert resolver.asked == ["other.corp.example"]


async def test_an_override_to_plain_http_is_for_loopback_sites() -> None:
    async with raw_server(always(answer())) as server:
        made = dialler(connect={"lyon.test": f"http://127.0.0.1:{server.port}"}, private=())
        assert await connect(made, "https://lyon.test")
        assert await connect(made, "http://lyon.test")
    for own, target in [
        (PUBLIC_OWN, "http://127.0.0.1:8401"),
        ("http://localhost:1", "http://10.0.0.1:80"),
    ]:
        with pytest.raises(ValueError, match="plain http"):
            parse_overrides({"lyon.test": target}, UrlRules.of_site(own, {}))


@pytest.mark.parametrize(
    ("peer", "target"),
    [("a/b", "https://10.0.0.1"), ("a", "10.0.0.1:80"), ("a", "https://name.example")],
)
def test_overrides_that_make_no_sense(peer: str, target: str) -> None:
    with pytest.raises(ValueError, match=r"outgoing\.connect"):
        parse_overrides({peer: target}, UrlRules())


@pytest.mark.parametrize(
    ("names", "lifetime", "reason"),
    [
        (["other.example"], timedelta(days=9), "mismatch"),
        (["nantes.example"], timedelta(days=-1), "expired"),
    ],
)
async def test_certificates_are_checked(
    tls_authority: TlsAuthority, names: list[str], lifetime: timedelta, reason: str
) -> None:
    tls = tls_authority.server_context(*names, lifetime=lifetime)
    async with raw_server(always(answer()), tls=tls) as server:
        connect_to = {"nantes.example": f"https://127.0.0.1:{server.port}"}
        made = dialler(connect=connect_to, tls=tls_authority.client_context())
        with pytest.raises(errors.TlsFailed, match=reason) as caught:
            await connect(made, "https://nantes.example")
        assert caught.value.code == "certificate_not_trusted"
        assert server.received == []


async def test_an_authority_has_to_be_named_to_be_trusted(tls_authority: TlsAuthority) -> None:
    tls = tls_authority.server_context("nantes.example")
    async with raw_server(always(answer()), tls=tls) as server:
        connect_to = {"nantes.example": f"https://127.0.0.1:{server.port}"}
        with pytest.raises(errors.TlsFailed):
            await connect(dialler(connect=connect_to), "https://nantes.example")
        trusting = dialler(connect=connect_to, tls=client_context(str(tls_authority.ca_file)))
        assert await connect(trusting, "https://nantes.example")


def test_old_versions_of_tls_are_not_spoken() -> None:
    context = client_context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_server_without_tls_is_told_apart(tls_authority: TlsAuthority) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()
        await writer.wait_closed()

    async with stream_server(greet) as port:
        connect_to = {"nantes.example": f"https://127.0.0.1:{port}"}
        made = dialler(connect=connect_to, tls=tls_authority.client_context())
        with pytest.raises(errors.TlsFailed) as caught:
            await connect(made, "https://nantes.example")
        assert caught.value.code == "tls_failed"


async def test_nobody_listens() -> None:
    async with raw_server(always(answer())) as server:
        port = server.port
    with pytest.raises(errors.ConnectFailed, match="refused"):
        await connect(dialler(), f"http://localhost:{port}")


async def test_a_handshake_that_hangs_meets_the_deadline(
    tls_authority: TlsAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedrse.net.dialler.CONNECT_SECONDS", 0.2)

    async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with stream_server(silence) as port:
        made = dialler(
            connect={"slow.example": f"https://127.0.0.1:{port}"},
            tls=tls_authority.client_context(),
        )
        with pytest.raises(errors.TimedOut):
            await connect(made, "https://slow.example")


def test_settings_that_are_unsafe_stop_the_start(tmp_path: Path) -> None:
    resolver = ScriptedResolver()

    def start(**outgoing: object) -> Dialler:
        settings = Settings(
            site=SiteSettings(base_url=PUBLIC_OWN),
            outgoing=msgspec.convert(outgoing, OutgoingSettings),
        )
        return Dialler.of_settings(settings, Gate(), resolver)

    made = start(private_addresses=["10.20.0.0/16"], proxy="http://proxy.corp.example:3128")
    with pytest.raises(errors.HostNotAllowed, match="proxy"):
        made.check(Origin("https", "stranger.example", 443))
    (tmp_path / "empty.pem").write_text("")
    for wrong, words in [
        ({"private_addresses": ["0.0.0.0/0"]}, "too wide"),
        ({"proxy": "socks5://proxy:1080"}, "proxy"),
        ({"proxy": "https://proxy:443"}, "proxy"),
        ({"connect": {"a.example": "http://10.0.0.1:80"}}, "plain http"),
        ({"ca_bundle": str(tmp_path / "missing.pem")}, "authorities"),
        ({"ca_bundle": str(tmp_path / "empty.pem")}, "authorities"),
    ]:
        with pytest.raises(ValueError, match=words):
            start(**wrong)


async def test_the_system_resolver_knows_this_machine_and_remembers() -> None:
    resolver = SystemResolver(SystemClock())
    try:
        first, second = await asyncio.gather(
            resolver.resolve("localhost"), resolver.resolve("localhost")
        )
        assert first == second
        assert all(address.is_loopback for address in first)
        assert await resolver.resolve("localhost") is first
        with pytest.raises(errors.NameLookupFailed):
            await resolver.resolve("no-such-name.invalid")
    finally:
        resolver.close()
