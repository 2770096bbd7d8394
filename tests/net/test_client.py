"""Fetches: what arrives, what is refused, and what a hostile server cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

import fedrse
from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.urls import BadUrl, Url
from fedrse.net import errors
from fedrse.net.client import FetchLimits, GuardedClient
from fedrse.net.dialler import Dialler
from tests.net.servers import (
    OWN,
    PUBLIC_OWN,
    Gate,
    ScriptedResolver,
    always,
    answer,
    dialler,
    hang,
    peer_of,
    raw_server,
)
from tests.net.tls_authority import TlsAuthority

MakeClient = Callable[[Dialler], GuardedClient]


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"elsewhere", status=status, headers={"Location": location})


async def test_a_document_is_fetched(client: GuardedClient) -> None:
    body = answer(b'{"id":1}', headers={"Content-Type": "application/activity+json"})
    async with raw_server(always(body)) as server:
        url = f"{server.url}/ap/u/1?a=%20b"
        response = await client.get(f"{url}#main-key", accept="application/activity+json")
        assert (response.status, response.body, response.final_url) == (200, b'{"id":1}', url)
        assert response.headers["content-type"] == "application/activity+json"
        head = server.received[0].decode()
        assert head.startswith("GET /ap/u/1?a=%20b HTTP/1.1\r\n")
        assert f"Host: {peer_of(server.url)}\r\n" in head
        assert "Accept: application/activity+json\r\n" in head
        assert f"User-Agent: fedrse/{fedrse.__version__} (+{OWN}/)\r\n" in head
        assert "Cookie" not in head


async def test_cookies_are_not_kept(client: GuardedClient) -> None:
    async with raw_server(always(answer(headers={"Set-Cookie": "a=b"}))) as server:
        await client.get(server.url)
        await client.get(server.url)
        assert b"cookie" not in server.received[1].lower()
        assert server.connections == 1


async def test_the_environment_chooses_no_proxy(
    client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_server(always(answer())) as proxy, raw_server(always(answer())) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await client.get(server.url)
        assert (proxy.connections, server.connections) == (0, 1)
        assert server.received[0].startswith(b"GET / HTTP/1.1\r\n")


async def test_over_tls_with_an_override_name_and_host_stay(
    make_client: MakeClient, tls_authority: TlsAuthority
) -> None:
    tls = tls_authority.server_context("nantes.corp.example")
    async with raw_server(always(answer(b"hello")), tls=tls) as server:
        client = make_client(
            dialler(
                own=PUBLIC_OWN,
                private=(),
                connect={"nantes.corp.example": f"https://127.0.0.1:{server.port}"},
                tls=tls_authority.client_context(),
            )
        )
        response = await client.get("https://nantes.corp.example/x")
        assert (response.body, response.final_url) == (b"hello", "https://nantes.corp.example/x")
        assert b"Host: nantes.corp.example\r\n" in server.received[0]


async def test_a_redirect_is_followed_and_signed_again(client: GuardedClient) -> None:
    signed: list[tuple[str, str, str]] = []

    async def sign(
        method: str, url: Url, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        assert body == b""
        signed.append((method, url.request_url, headers["Host"]))
        return {**headers, "Signature": f"sig-of-{url.target}"}

    async with raw_server(always(answer(b"there"))) as second:
        target = f"http://127.0.0.1:{second.port}/b"
        async with raw_server(always(redirect(target))) as first:
            headers = {"Authorization": "Bearer secret", "X-Kept": "1"}
            response = await client.get(f"{first.url}/a", signer=sign, headers=headers)
            assert (response.body, response.final_url) == (b"there", target)
            assert signed == [
                ("GET", f"{first.url}/a", peer_of(first.url)),
                ("GET", target, f"127.0.0.1:{second.port}"),
            ]
            assert b"Authorization: Bearer secret\r\n" in first.received[0]
            assert b"Signature: sig-of-/b\r\n" in second.received[0]
            assert b"X-Kept: 1\r\n" in second.received[0]
            assert b"authorization" not in second.received[0].lower()


async def test_a_relative_redirect_and_a_plain_signer(client: GuardedClient) -> None:
    async def handle(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect("../b?x") if b"GET /a/c" in request else answer(b"there"))

    async with raw_server(handle) as server:
        response = await client.get(
            f"{server.url}/a/c", signer=lambda _m, _u, headers, _b: {**headers, "Signature": "s"}
        )
        assert response.final_url == f"{server.url}/b?x"
        assert all(b"Signature: s\r\n" in request for request in server.received)


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://169.254.169.254/latest/meta-data/", errors.HostNotAllowed),
        ("http://169.254.169.254/latest/meta-data/", errors.BadRedirect),
        ("https://10.0.0.1/", errors.HostNotAllowed),
        ("https://[::ffff:10.0.0.1]/", errors.BadRedirect),
        ("https://internal.example/", errors.HostNotAllowed),
        ("https://denied.example/", errors.HostNotAllowed),
        ("https://nantes.example:22/", errors.HostNotAllowed),
        ("http://127.0.0.2/", errors.HostNotAllowed),
        ("http://0x7f.1/", errors.BadRedirect),
        ("http://2130706433/", errors.BadRedirect),
        ("file:///etc/passwd", errors.BadRedirect),
        ("gopher://localhost/", errors.BadRedirect),
        ("//[bad", errors.BadRedirect),
        ("https://user:pass@nantes.example/", errors.BadRedirect),
        ("https://a.example/" + "a" * 3000, errors.BadRedirect),
    ],
)
async def test_redirects_to_places_they_must_not_go(
    make_client: MakeClient, location: str, error: type[Exception]
) -> None:
    resolver = ScriptedResolver(
        {
            "localhost": [["127.0.0.1"]],
            "internal.example": [["10.0.0.7"]],
            "denied.example": [["8.8.8.8"]],
            "nantes.example": [["8.8.8.8"]],
        }
    )
    client = make_client(
        dialler(private=["127.0.0.1"], resolver=resolver, gate=Gate(denied={"denied.example"}))
    )
    async with raw_server(always(redirect(location))) as server:
        with pytest.raises(error):
            await client.get(server.url)
        assert len(server.received) == 1


async def test_no_way_from_https_to_http(
    make_client: MakeClient, tls_authority: TlsAuthority
) -> None:
    async with raw_server(always(answer(b"plain"))) as plain:
        tls = tls_authority.server_context("localhost")
        async with raw_server(always(redirect(plain.url)), tls=tls) as secure:
            client = make_client(dialler(tls=tls_authority.client_context()))
            with pytest.raises(errors.BadRedirect, match="https to http"):
                await client.get(f"https://localhost:{secure.port}/")
            assert plain.connections == 0


async def test_a_loop_of_redirects_ends(client: GuardedClient) -> None:
    async with raw_server(always(redirect("/again"))) as server:
        with pytest.raises(errors.BadRedirect, match="too often"):
            await client.get(server.url)
        assert len(server.received) == 3


async def test_a_redirect_without_place_is_the_answer(client: GuardedClient) -> None:
    async with raw_server(always(answer(b"?", status="302 Found"))) as server:
        response = await client.get(server.url)
        assert (response.status, response.body) == (302, b"?")


async def test_a_post_is_never_redirected(client: GuardedClient) -> None:
    async with raw_server(always(redirect("/elsewhere", "307 Temporary"))) as server:
        response = await client.post(server.url, b"payload", headers={"Content-Type": "text/plain"})
        assert (response.status, response.body) == (307, b"elsewhere")
        assert len(server.received) == 1
        assert server.received[0].endswith(b"\r\n\r\npayload")
        assert b"Content-Type: text/plain\r\n" in server.received[0]


async def test_a_second_answer_of_the_dns_leads_nowhere(make_client: MakeClient) -> None:
    closing = answer(headers={"Connection": "close"})
    async with (
        raw_server(always(closing)) as good,
        raw_server(always(closing), address="127.0.0.2", port=good.port) as internal,
    ):
        resolver = ScriptedResolver({"rebind.localhost": [["127.0.0.1"], ["127.0.0.2"]]})
        client = make_client(dialler(private=["127.0.0.1"], resolver=resolver))
        url = f"http://rebind.localhost:{good.port}/"
        assert (await client.get(url)).status == 200
        with pytest.raises(errors.HostNotAllowed):
            await client.get(url)
        assert (good.connections, internal.connections) == (1, 0)


@pytest.mark.parametrize(
    "url", ["http://h.example/", "https://u@h.example/", "x", "https://127.1/"]
)
async def test_addresses_that_are_not_even_tried(make_client: MakeClient, url: str) -> None:
    resolver = ScriptedResolver()
    client = make_client(dialler(own=PUBLIC_OWN, private=(), resolver=resolver))
    with pytest.raises(BadUrl):
        await client.get(url)
    with pytest.raises(BadUrl):
        await client.post(url, b"")
    assert resolver.asked == []


async def test_redirects_share_one_deadline(client: GuardedClient) -> None:
    async def slow(_request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(redirect("/next"))

    async with raw_server(slow) as server:
        with pytest.raises(errors.TimedOut):
            await client.get(server.url, limits=FetchLimits(seconds=0.3))


async def test_a_large_file_goes_to_the_sink(client: GuardedClient) -> None:
    size = 3_000_000
    pieces: list[int] = []

    async def sink(piece: bytes) -> None:
        pieces.append(len(piece))

    async with raw_server(always(answer(b"x" * size))) as server:
        limits = FetchLimits(body=size)
        response = await client.download(server.url, sink, limits=limits)
        assert (response.status, response.body, sum(pieces)) == (200, b"", size)
        assert max(pieces) < size


@pytest.mark.parametrize(
    ("status", "remembered", "later"),
    [
        (404, True, False),
        (410, True, True),
        (503, True, False),
        (401, False, False),
        (200, False, False),
    ],
)
async def test_failures_are_remembered_for_a_while(
    client: GuardedClient, clock: ManualClock, status: int, *, remembered: bool, later: bool
) -> None:
    async with raw_server(always(answer(status=f"{status} X"))) as server:
        first = await client.get(server.url)
        assert (first.status, first.remembered) == (status, False)
        second = await client.get(server.url)
        assert (second.status, second.remembered) == (status, remembered)
        assert not (await client.get(server.url, accept="text/html")).remembered
        assert not (await client.get(server.url, ask_again=True)).remembered
        clock.advance(HOUR)
        assert (await client.get(server.url)).remembered == later


async def test_two_at_a_time_per_host(client: GuardedClient) -> None:
    running: list[int] = [0]
    most: list[int] = [0]
    release = asyncio.Event()

    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        await release.wait()
        running[0] -= 1
        writer.write(answer())

    async with raw_server(handle) as server:
        fetches = [asyncio.create_task(client.get(f"{server.url}/{n}")) for n in range(5)]
        while running[0] < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert running[0] == 2
        release.set()
        responses = await asyncio.gather(*fetches)
        assert [response.status for response in responses] == [200] * 5
        assert most[0] == 2


async def test_sixty_a_minute_for_strangers_more_for_named_peers(
    make_client: MakeClient, clock: ManualClock
) -> None:
    async with raw_server(always(answer())) as server:
        client = make_client(dialler())
        for _ in range(60):
            await client.get(server.url)
        with pytest.raises(errors.HostBusy) as caught:
            await client.get(server.url)
        assert caught.value.retry_after == 1
        clock.advance(1000)
        assert (await client.get(server.url)).status == 200
        member = make_client(dialler(gate=Gate(named={peer_of(server.url)})))
        for _ in range(61):
            await member.get(server.url)


async def test_a_failure_gives_the_turn_back(client: GuardedClient) -> None:
    async with raw_server(hang) as server:
        for _ in range(3):
            with pytest.raises(errors.TimedOut):
                await client.get(server.url, limits=FetchLimits(seconds=0.05))
