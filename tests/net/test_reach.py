"""Rules about addresses count where connections are made, and for those that are kept."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.core.clock import DAY, ManualClock
from fedrse.core.urls import origin_of
from fedrse.net import errors
from fedrse.net.client import GuardedClient
from fedrse.net.delivery import Deliverer
from fedrse.net.dialler import Dialler
from fedrse.net.host_state import HostState
from fedrse.net.reach import PeerAddresses, address_behind
from tests.net.servers import ScriptedResolver, always, answer, dialler, peer_of, raw_server


class Rules:
    """A policy that denies some addresses."""

    def __init__(self, *denied: str) -> None:
        self.denied = set(denied)
        self.asked: list[tuple[str, str, bool]] = []

    def may_reach(self, peer: str, address: str, *, delivers: bool) -> bool:
        self.asked.append((peer, address, delivers))
        return address not in self.denied


def with_rules(made: Dialler, rules: Rules, clock: ManualClock) -> PeerAddresses:
    addresses = PeerAddresses(clock)
    addresses.ask(rules)
    made._addresses = addresses
    return addresses


async def test_no_connection_is_made_to_a_denied_address(clock: ManualClock) -> None:
    async with raw_server(always(answer())) as server:
        made, rules = dialler(), Rules("127.0.0.1")
        addresses = with_rules(made, rules, clock)
        client = GuardedClient(made, HostState(clock))
        deliverer = Deliverer(made, clock)
        try:
            with pytest.raises(errors.HostNotAllowed) as refused:
                await client.get(server.url)
            assert refused.value.code == "address_denied"
            with pytest.raises(errors.HostNotAllowed):
                await deliverer.post(f"{server.url}/inbox", {}, b"{}")
        finally:
            await client.close()
            await deliverer.close()
        peer = peer_of(server.url)
        assert rules.asked == [(peer, "127.0.0.1", False), (peer, "127.0.0.1", True)]
        assert server.connections == 0
        assert addresses.of(peer) == ""


async def test_one_denied_address_among_others_is_enough(clock: ManualClock) -> None:
    async with raw_server(always(answer())) as server:
        made = dialler(
            private=["127.0.0.0/8"],
            resolver=ScriptedResolver({"two.localhost": [["127.0.0.1", "127.0.0.3"]]}),
        )
        with_rules(made, Rules("127.0.0.3"), clock)
        client = GuardedClient(made, HostState(clock))
        with pytest.raises(errors.HostNotAllowed):
            await client.get(f"http://two.localhost:{server.port}/")
        await client.close()
        assert server.connections == 0


async def test_a_kept_connection_is_no_excuse(clock: ManualClock) -> None:
    async with raw_server(always(answer())) as server:
        made, rules = dialler(), Rules()
        addresses = with_rules(made, rules, clock)
        client = GuardedClient(made, HostState(clock))
        deliverer = Deliverer(made, clock)
        try:
            response = await client.get(server.url)
            assert response.address == "127.0.0.1"
            assert (await deliverer.post(f"{server.url}/inbox", {}, b"{}")).status == 200
            assert addresses.of(peer_of(server.url)) == "127.0.0.1"
            made_before = server.connections
            rules.denied.add("127.0.0.1")
            with pytest.raises(errors.HostNotAllowed):
                await client.get(f"{server.url}/other")
            with pytest.raises(errors.HostNotAllowed):
                await deliverer.post(f"{server.url}/inbox", {}, b"{}")
            assert len(server.received) == 2
            assert server.connections == made_before
        finally:
            await client.close()
            await deliverer.close()


async def test_a_redirect_leads_to_no_denied_address(clock: ManualClock) -> None:
    async with raw_server(always(answer()), address="127.0.0.2") as behind:
        target = f"http://behind.localhost:{behind.port}/"
        moved = answer(status="302 Found", headers={"Location": target})
        async with raw_server(always(moved)) as front:
            made = dialler(
                private=["127.0.0.0/8"],
                resolver=ScriptedResolver(
                    {"localhost": [["127.0.0.1"]], "behind.localhost": [["127.0.0.2"]]}
                ),
            )
            with_rules(made, Rules("127.0.0.2"), clock)
            client = GuardedClient(made, HostState(clock))
            with pytest.raises(errors.HostNotAllowed):
                await client.get(front.url)
            await client.close()
            assert front.connections == 1
            assert behind.connections == 0


async def test_behind_a_proxy_nothing_is_known_of_addresses(clock: ManualClock) -> None:
    made = dialler(own="https://here.example", proxy="http://127.0.0.1:3128")
    rules = Rules("127.0.0.1")
    addresses = with_rules(made, rules, clock)
    async with raw_server(always(answer())) as server:
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, "127.0.0.1", server.port
        )
        assert address_behind(transport) == "127.0.0.1"
        assert made.check_kept(origin_of("https://far.example"), transport) == ""
        assert rules.asked == []
        assert addresses.of("far.example") == ""
        transport.abort()


def test_what_was_seen_is_forgotten(clock: ManualClock) -> None:
    addresses = PeerAddresses(clock)
    addresses.saw("a.example", "192.0.2.1")
    addresses.saw("b.example", "")
    assert (addresses.of("a.example"), addresses.of("b.example")) == ("192.0.2.1", "")
    clock.advance(DAY)
    assert addresses.of("a.example") == ""
    assert address_behind(None) == ""
