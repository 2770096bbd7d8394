"""Through a proxy: only named peers, TLS from end to end, and proxies that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.clock import ManualClock
from fedrse.core.urls import Origin
from fedrse.net import errors
from fedrse.net.client import GuardedClient
from fedrse.net.host_state import HostState
from fedrse.net.tunnel import _check
from tests.net.servers import (
    PUBLIC_OWN,
    Gate,
    ScriptedResolver,
    always,
    answer,
    dialler,
    proxy_to,
    raw_server,
)
from tests.net.tls_authority import TlsAuthority


async def test_a_named_peer_is_reached_through_the_proxy(tmp_path: Path) -> None:
    authority = TlsAuthority(tmp_path)
    tls = authority.server_context("member.example")
    async with raw_server(always(answer(b"hello")), tls=tls) as site, proxy_to(site.port) as proxy:
        port, asked = proxy
        resolver = ScriptedResolver({"proxy.corp.example": [["127.0.0.1"]]})
        made = dialler(
            own=PUBLIC_OWN,
            proxy=f"http://proxy.corp.example:{port}",
            gate=Gate(named={"member.example"}),
            resolver=resolver,
            tls=authority.client_context(),
        )
        client = GuardedClient(made, HostState(ManualClock()))
        try:
            assert (await client.get("https://member.example/x")).body == b"hello"
            with pytest.raises(errors.HostNotAllowed, match="proxy"):
                await client.get("https://stranger.example/x")
        finally:
            await client.close()
        assert asked == [b"CONNECT member.example:443 HTTP/1.1\r\nHost: member.example:443\r\n\r\n"]
        # The proxy looks names up, not this site.
        assert resolver.asked == ["proxy.corp.example"]


@given(
    st.lists(
        st.sampled_from([b"HTTP/1.1 ", b"200", b" OK", b"\r\n", b"\r\n\r\n", b"X: y", b"999"])
        | st.binary(max_size=6)
    ).map(b"".join)
)
@example(b"HTTP/1.1 200 OK\r\n\r\n")
def test_any_answer_of_a_proxy_opens_the_way_or_not(said: bytes) -> None:
    with contextlib.suppress(errors.ConnectFailed):
        _check(said, Origin("https", "member.example", 443))
        assert said.startswith(b"HTTP/1.")
        assert said.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "proxy_refused"),
        (b"HTTP/1.1 200 OK\r\n\r\nextra", "proxy_failed"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "proxy_failed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9000, "proxy_failed"),
        (b"", "proxy_failed"),
    ],
)
async def test_a_proxy_that_refuses_or_is_none(said: bytes, code: str) -> None:
    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with raw_server(handle) as server:
        made = dialler(
            own=PUBLIC_OWN,
            proxy=f"http://127.0.0.1:{server.port}",
            gate=Gate(named={"member.example"}),
        )
        client = GuardedClient(made, HostState(ManualClock()))
        try:
            with pytest.raises(errors.ConnectFailed) as caught:
                await client.get("https://member.example/x")
        finally:
            await client.close()
        assert caught.value.code == code
