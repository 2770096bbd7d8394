"""The event loop of production does its own TLS and sockets: the same ways, once more on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fedrse.core.clock import ManualClock
from fedrse.net import errors
from fedrse.net.client import GuardedClient
from fedrse.net.delivery import Deliverer
from fedrse.net.host_state import HostState
from tests.net.servers import (
    PUBLIC_OWN,
    Gate,
    ScriptedResolver,
    always,
    answer,
    dialler,
    hang,
    proxy_to,
    raw_server,
)
from tests.net.tls_authority import TlsAuthority

uvloop = pytest.importorskip("uvloop", reason="there is no uvloop on Windows")

NAME = "member.example"


async def fetch_and_deliver(authority: TlsAuthority) -> None:
    tls = authority.server_context(NAME)
    async with raw_server(always(answer(b"hello")), tls=tls) as server:
        opened = dialler(
            own=PUBLIC_OWN,
            connect={NAME: f"https://127.0.0.1:{server.port}"},
            tls=authority.client_context(),
        )
        client = GuardedClient(opened, HostState(ManualClock()))
        deliverer = Deliverer(opened, ManualClock())
        for _ in range(3):
            assert (await client.get(f"https://{NAME}/x")).body == b"hello"
            result = await deliverer.post(f"https://{NAME}/inbox", {}, b"{}")
            assert (result.status, result.body_excerpt) == (200, "hello")
        assert server.connections == 2
        await client.close()
        await deliverer.close()


async def certificate_of_another(authority: TlsAuthority) -> None:
    async with raw_server(
        always(answer()), tls=authority.server_context("other.example")
    ) as server:
        connect = {NAME: f"https://127.0.0.1:{server.port}"}
        deliverer = Deliverer(
            dialler(connect=connect, tls=authority.client_context()), ManualClock()
        )
        with pytest.raises(errors.TlsFailed, match="mismatch"):
            await deliverer.post(f"https://{NAME}/inbox", {}, b"{}")
        await deliverer.close()


async def through_a_proxy(authority: TlsAuthority) -> None:
    tls = authority.server_context(NAME)
    async with raw_server(always(answer()), tls=tls) as site, proxy_to(site.port) as (port, asked):
        opened = dialler(
            own=PUBLIC_OWN,
            proxy=f"http://127.0.0.1:{port}",
            gate=Gate(named={NAME}),
            tls=authority.client_context(),
        )
        deliverer = Deliverer(opened, ManualClock())
        assert (await deliverer.post(f"https://{NAME}/inbox", {}, b"{}")).status == 200
        await deliverer.close()
        assert len(asked) == 1


async def two_addresses(_authority: TlsAuthority) -> None:
    async with raw_server(always(answer())) as server:
        resolver = ScriptedResolver({"two.localhost": [["127.0.0.3", "127.0.0.1"]]})
        deliverer = Deliverer(dialler(private=["127.0.0.0/8"], resolver=resolver), ManualClock())
        url = f"http://two.localhost:{server.port}/inbox"
        assert (await deliverer.post(url, {}, b"{}")).status == 200
        await deliverer.close()


async def hanging(_authority: TlsAuthority) -> None:
    async with raw_server(hang) as server:
        deliverer = Deliverer(dialler(), ManualClock())
        with pytest.raises(errors.TimedOut):
            await deliverer.post(f"{server.url}/inbox", {}, b"{}", seconds=0.1)
        await deliverer.close()
    with pytest.raises(errors.ConnectFailed):
        await deliverer.post(f"{server.url}/inbox", {}, b"{}")


@pytest.mark.parametrize(
    "scenario",
    [fetch_and_deliver, certificate_of_another, through_a_proxy, two_addresses, hanging],
)
def test_on_uvloop(scenario: Callable[[TlsAuthority], Awaitable[None]], tmp_path: Path) -> None:
    uvloop.run(scenario(TlsAuthority(tmp_path)))
