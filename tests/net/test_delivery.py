"""Deliveries: kept connections, hostile inboxes, and hosts that hold up nobody but themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.urls import BadUrl
from fedrse.net import errors
from fedrse.net.delivery import Deliverer, DeliveryResult
from fedrse.net.dialler import Dialler
from tests.net.servers import (
    PUBLIC_OWN,
    Gate,
    ScriptedResolver,
    always,
    answer,
    dialler,
    hang,
    peer_of,
    raw_server,
    read_request,
    stream_server,
)
from tests.net.tls_authority import TlsAuthority

HEADERS = {"Content-Type": "application/activity+json", "Signature": "s"}
ACCEPTED = answer(b"", status="202 Accepted")

MakeDeliverer = Callable[..., Deliverer]


@pytest.fixture
async def make_deliverer() -> AsyncIterator[MakeDeliverer]:
    made: list[Deliverer] = []

    def make(opened: Dialler | None = None, **options: Any) -> Deliverer:
        made.append(Deliverer(opened or dialler(), ManualClock(), **options))
        return made[-1]

    yield make
    for deliverer in made:
        await deliverer.close()


@pytest.fixture
def deliverer(make_deliverer: MakeDeliverer) -> Deliverer:
    return make_deliverer()


async def test_a_message_is_delivered(deliverer: Deliverer) -> None:
    async with raw_server(always(ACCEPTED)) as server:
        result = await deliverer.post(f"{server.url}/ap/u/1/inbox", HEADERS, b'{"a":1}')
        assert result == DeliveryResult(202, None, "")
        assert server.received == [
            f"POST /ap/u/1/inbox HTTP/1.1\r\nHost: {peer_of(server.url)}\r\n"
            "Content-Type: application/activity+json\r\nSignature: s\r\n"
            'Content-Length: 7\r\n\r\n{"a":1}'.encode()
        ]


async def test_over_tls_one_handshake_serves_many(
    make_deliverer: MakeDeliverer, tls_authority: TlsAuthority
) -> None:
    tls = tls_authority.server_context("oslo.example")
    async with raw_server(always(ACCEPTED), tls=tls) as server:
        deliverer = make_deliverer(
            dialler(
                own=PUBLIC_OWN,
                connect={"oslo.example": f"https://127.0.0.1:{server.port}"},
                tls=tls_authority.client_context(),
            )
        )
        for number in range(20):
            result = await deliverer.post("https://oslo.example/inbox", HEADERS, b"%d" % number)
            assert result.status == 202
        assert server.connections == 1
        assert [request[-2:].strip() for request in server.received] == [
            b"%d" % number for number in range(20)
        ]


class Watching:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []
        self.certificates: list[tuple[str, int]] = []

    def answered(self, peer: str, milliseconds: int) -> None:
        self.answers.append((peer, milliseconds))

    def saw_certificate(self, peer: str, until: int) -> None:
        self.certificates.append((peer, until))


async def test_an_observer_hears_of_answers_and_certificates(
    make_deliverer: MakeDeliverer, tls_authority: TlsAuthority
) -> None:
    watching = Watching()
    tls = tls_authority.server_context("oslo.example")
    async with raw_server(always(ACCEPTED), tls=tls) as server:
        deliverer = make_deliverer(
            dialler(
                own=PUBLIC_OWN,
                connect={"oslo.example": f"https://127.0.0.1:{server.port}"},
                tls=tls_authority.client_context(),
            ),
            observer=watching,
        )
        for _ in range(2):
            await deliverer.post("https://oslo.example/inbox", HEADERS, b"{}")
    assert [peer for peer, _ in watching.answers] == ["oslo.example"] * 2
    assert all(milliseconds >= 0 for _, milliseconds in watching.answers)
    ((peer, until),) = watching.certificates
    assert peer == "oslo.example", "once for the one connection"
    assert until > 1_700_000_000_000


async def test_what_the_inbox_says(deliverer: Deliverer) -> None:
    said = answer("Trop\r\n\x00 de mes\u0301sages".encode(), status="429 Too Many")
    said = said.replace(b"\r\n\r\n", b"\r\nRetry-After: 120\r\n\r\n", 1)
    async with raw_server(always(said)) as server:
        result = await deliverer.post(server.url, HEADERS, b"{}")
        assert (result.status, result.retry_after) == (429, 120)
        assert result.body_excerpt.startswith("Trop")
        assert result.body_excerpt.isprintable()


async def test_a_redirect_is_not_followed(deliverer: Deliverer) -> None:
    moved = answer(status="307 Temporary Redirect", headers={"Location": "/other"})
    async with raw_server(always(moved)) as server:
        assert (await deliverer.post(server.url, HEADERS, b"{}")).status == 307
        assert len(server.received) == 1


async def test_bounded_connections_per_origin(make_deliverer: MakeDeliverer) -> None:
    deliverer = make_deliverer(connections_per_origin=3)
    release = asyncio.Event()

    async def wait(_request: bytes, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(ACCEPTED)

    async with raw_server(wait) as server:
        posts = [asyncio.create_task(deliverer.post(server.url, HEADERS, b"{}")) for _ in range(10)]
        while len(server.received) < 3:
            await asyncio.sleep(0.01)
        release.set()
        results = await asyncio.gather(*posts)
        assert {result.status for result in results} == {202}
        assert server.connections == 3


async def test_hosts_that_hang_hold_up_themselves_only(deliverer: Deliverer) -> None:
    async with raw_server(hang) as hanging, raw_server(always(ACCEPTED)) as healthy:
        stuck = [
            asyncio.create_task(deliverer.post(hanging.url, HEADERS, b"{}", seconds=30))
            for _ in range(50)
        ]
        for _ in range(20):
            assert (await deliverer.post(healthy.url, HEADERS, b"{}")).status == 202
        assert not any(task.done() for task in stuck)
        assert deliverer.active_origins == 2
        assert hanging.connections <= 2
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        assert deliverer.active_origins == 1


async def test_the_deadline_counts_from_the_own_turn(deliverer: Deliverer) -> None:
    async def slow(_request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.25)
        writer.write(ACCEPTED)

    async with raw_server(slow) as server:
        posts = [deliverer.post(server.url, HEADERS, b"{}", seconds=1) for _ in range(12)]
        assert {result.status for result in await asyncio.gather(*posts)} == {202}


async def test_an_inbox_that_hangs_or_drips_meets_the_deadline(deliverer: Deliverer) -> None:
    async def drip(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    for handle in (hang, drip):
        async with raw_server(handle) as server:
            with pytest.raises(errors.TimedOut):
                await deliverer.post(server.url, HEADERS, b"{}", seconds=0.2)


async def test_a_connection_closed_meanwhile_is_replaced(deliverer: Deliverer) -> None:
    async def once(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED)
        await writer.drain()
        writer.close()

    async with raw_server(once) as server:
        for _ in range(3):
            assert (await deliverer.post(server.url, HEADERS, b"{}")).status == 202
        assert server.connections == 3


async def test_a_kept_connection_that_closes_on_the_next_request_is_replaced(
    deliverer: Deliverer,
) -> None:
    async def second_closes(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.endswith(b"second") and len(server.received) == 2:
            writer.close()
        else:
            writer.write(ACCEPTED)

    async with raw_server(second_closes) as server:
        await deliverer.post(server.url, HEADERS, b"first")
        assert (await deliverer.post(server.url, HEADERS, b"second")).status == 202
        assert server.connections == 2
        assert [request[-6:] for request in server.received[1:]] == [b"second", b"second"]


async def test_a_new_connection_that_closes_is_a_failure(deliverer: Deliverer) -> None:
    async def close(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with raw_server(close) as server:
        with pytest.raises(errors.ConnectionLost) as caught:
            await deliverer.post(server.url, HEADERS, b"{}")
        assert caught.value.code == "connection_lost"
        assert server.connections == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", errors.BadResponse),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9000, errors.ResponseTooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", errors.BadResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", errors.ConnectionLost),
    ],
)
async def test_garbage_closes_the_connection(
    deliverer: Deliverer, said: bytes, error: type[Exception]
) -> None:
    async def handle(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.endswith(b"good"):
            writer.write(ACCEPTED)
            return
        writer.write(said)
        await writer.drain()
        writer.close()

    async with raw_server(handle) as server:
        with pytest.raises(error):
            await deliverer.post(server.url, HEADERS, b"bad")
        assert (await deliverer.post(server.url, HEADERS, b"good")).status == 202
        assert server.connections == 2


async def test_endless_bodies_are_not_read(deliverer: Deliverer) -> None:
    sent = [0]

    async def endless(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oops\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            sent[0] += 65_536
            await writer.drain()

    async with raw_server(endless) as server:
        result = await deliverer.post(server.url, HEADERS, b"{}")
        assert (result.status, result.body_excerpt) == (500, "x" * 500)
        assert sent[0] < 12 * 1_048_576


async def test_an_answer_nobody_asked_for_is_not_taken_for_the_next(deliverer: Deliverer) -> None:
    async def twice(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED + answer(b"forged", status="410 Gone"))

    async with raw_server(twice) as server:
        for _ in range(3):
            assert (await deliverer.post(server.url, HEADERS, b"{}")).status == 202
        assert server.connections == 3


async def test_bytes_while_a_connection_rests_end_it(deliverer: Deliverer) -> None:
    ended = asyncio.Event()
    connections = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections[0] += 1
        await read_request(reader)
        writer.write(ACCEPTED)
        await asyncio.sleep(0.05)
        writer.write(answer(b"forged", status="410 Gone"))
        assert await reader.read() == b""
        ended.set()

    async with stream_server(serve) as port:
        url = f"http://localhost:{port}/inbox"
        assert (await deliverer.post(url, HEADERS, b"{}")).status == 202
        await asyncio.wait_for(ended.wait(), 5)
        assert deliverer.active_origins == 0
        assert (await deliverer.post(url, HEADERS, b"{}")).status == 202
        assert connections == [2]


async def test_places_that_must_not_be_reached(make_deliverer: MakeDeliverer) -> None:
    resolver = ScriptedResolver({"evil.example": [["169.254.169.254"]]})
    deliverer = make_deliverer(
        dialler(own=PUBLIC_OWN, private=(), resolver=resolver, gate=Gate(denied={"denied.example"}))
    )
    for url in (
        "https://evil.example/inbox",
        "https://denied.example/inbox",
        "https://10.0.0.1/inbox",
        "https://h.example:9200/inbox",
    ):
        with pytest.raises(errors.HostNotAllowed):
            await deliverer.post(url, HEADERS, b"{}")
    with pytest.raises(BadUrl):
        await deliverer.post("http://h.example/inbox", HEADERS, b"{}")
    with pytest.raises(ValueError, match="line breaks"):
        await deliverer.post("https://h.example/", {"X": "a\r\nY: b"}, b"{}")


async def test_a_decision_of_policy_ends_kept_connections_too(
    make_deliverer: MakeDeliverer,
) -> None:
    gate = Gate()
    deliverer = make_deliverer(dialler(gate=gate))
    async with raw_server(always(ACCEPTED)) as server:
        await deliverer.post(server.url, HEADERS, b"{}")
        gate.denied.add(peer_of(server.url))
        with pytest.raises(errors.HostNotAllowed):
            await deliverer.post(server.url, HEADERS, b"{}")
        assert len(server.received) == 1


async def test_resting_connections_end_after_a_while(make_deliverer: MakeDeliverer) -> None:
    deliverer = make_deliverer(idle_seconds=0.05)
    closed = asyncio.Event()

    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED)

        async def watch() -> None:
            await writer.wait_closed()
            closed.set()

        watching.append(asyncio.create_task(watch()))

    watching: list[asyncio.Task[None]] = []
    async with raw_server(handle) as server:
        await deliverer.post(server.url, HEADERS, b"{}")
        await asyncio.wait_for(closed.wait(), 5)
        assert deliverer.active_origins == 0
        assert (await deliverer.post(server.url, HEADERS, b"{}")).status == 202
        assert server.connections == 2
    await asyncio.gather(*watching, return_exceptions=True)


async def test_resting_connections_are_bounded_in_number(
    make_deliverer: MakeDeliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedrse.net.delivery.IDLE_CONNECTIONS", 2)
    async with raw_server(always(ACCEPTED)) as server:
        hosts = [f"http://127.0.0.1:{server.port}", server.url, f"http://a.localhost:{server.port}"]
        deliverer = make_deliverer(
            dialler(
                resolver=ScriptedResolver(
                    {name: [["127.0.0.1"]] for name in ("localhost", "a.localhost")}
                )
            )
        )
        for host in hosts:
            await deliverer.post(host, HEADERS, b"{}")
        assert server.connections == 3
        await deliverer.post(hosts[2], HEADERS, b"{}")
        await deliverer.post(hosts[1], HEADERS, b"{}")
        assert server.connections == 3
        await deliverer.post(hosts[0], HEADERS, b"{}")
        assert server.connections == 4
