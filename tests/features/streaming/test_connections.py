"""Connections on a real socket: slow readers, silence, limits, goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from fedrse.core.clock import ManualClock
from fedrse.features.streaming import api_connections
from fedrse.features.streaming.api import StreamsApi
from fedrse.features.streaming.model import Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.live.hub import Hub
from fedrse.store.database import Database, Transaction
from tests.features.surface import Surface, surface

BASE = "/api/v1/streaming"


async def still_valid(tx: Transaction, credentials: Sequence[str]) -> set[str]:
    return set(credentials)


@pytest.fixture
async def streams(database: Database) -> AsyncIterator[Streams]:
    made = Streams(database=database, hub=Hub(database), still_valid=still_valid)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def site(database: Database, streams: Streams, clock: ManualClock) -> AsyncIterator[Surface]:
    async def owns(tx: Transaction, account_id: int, list_id: int) -> bool:
        return account_id == list_id

    api = StreamsApi(database=database, streams=streams, origin="http://localhost", owns_list=owns)
    async with surface(api.routes(), clock=clock) as opened:
        yield opened


async def connect(site: Surface, token: str, query: str = "") -> ClientWebSocketResponse:
    return await site.client.ws_connect(
        site.address + BASE + query, headers={"Authorization": f"Bearer {token}"}, autoping=False
    )


async def carry(streams: Streams, payload: bytes) -> None:
    await streams._send(Dispatch("user", None, {1: Message("update", payload)}))


async def test_scopes(site: Surface, streams: Streams) -> None:
    for token, stream, status in [
        ("1+read:statuses", "user", None),
        ("1+read:statuses", "user:notification", 403),
        ("1+read:notifications", "user:notification", None),
        ("1+read:notifications", "public", 403),
        ("1+read", "list&list=1", None),
        ("1+read", "list&list=2", 404),
    ]:
        socket = await connect(site, token, f"?stream={stream}")
        await socket.send_str("nothing")
        answer = await socket.receive_json(timeout=10)
        assert answer["status"] == (status or 400), stream
        await socket.close()
    for token, path, status in [
        ("1+write", "/user", 403),
        ("1+read:notifications", "/user", 403),
        ("1+write", "", 403),
        ("1+read", "/list?list=2", 404),
        ("x", "/user", 401),
    ]:
        headers = {"Authorization": f"Bearer {token}"}
        assert (await site.call("GET", BASE + path, headers=headers))[0] == status
    assert await site.call("HEAD", f"{BASE}/user", viewer=1)
    assert len(streams) == 0


async def test_a_slow_reader_is_cut_off(
    site: Surface, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_connections, "MOST_BUFFERED", 100_000)
    slow, quick = [await connect(site, "1", "?stream=user") for _ in range(2)]
    async with asyncio.timeout(10):
        while len(streams) < 2:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert slow._conn is not None
    assert slow._conn.transport is not None
    slow._conn.transport.pause_reading()  # type: ignore[attr-defined]

    async def read() -> int:
        count = 0
        async for message in quick:
            if message.type is WSMsgType.TEXT:
                count += 1
            if count == 200:
                return count
        return count

    reading = asyncio.create_task(read())
    for _ in range(200):
        await carry(streams, b'"' + b"x" * 100_000 + b'"')
        await asyncio.sleep(0.002)
        if len(streams) == 1:
            break
    async with asyncio.timeout(20):
        while len(streams) > 1:
            await asyncio.sleep(0.01)
    reading.cancel()
    await quick.close()


async def test_who_says_nothing_is_cut_off(
    site: Surface, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_connections, "SILENT_BEATS", 3)
    silent, alive = [await connect(site, "1", "?stream=user") for _ in range(2)]
    pings = 0
    for _ in range(3):
        await streams.sweep()
        await streams.sweep()
        message = await alive.receive(timeout=10)
        if message.type is WSMsgType.PING:
            pings += 1
            await alive.pong(message.data)
            await asyncio.sleep(0.05)
    assert pings == 3
    async with asyncio.timeout(10):
        while len(streams) > 1:
            await asyncio.sleep(0.01)
    assert not alive.closed
    await alive.close()
    await silent.close()


async def test_a_flood_of_messages_ends_the_connection(
    site: Surface, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_connections, "MESSAGES_PER_BEAT", 20)
    socket = await connect(site, "1")
    for _ in range(21):
        await socket.send_str('{"type":"unsubscribe","stream":"user"}')
    closed = await socket.receive(timeout=10)
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1008)
    async with asyncio.timeout(10):
        while len(streams):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"type":"subscribe"}', '{"type":"subscribe","stream":[1]}'),
        "[" * 4000,  # deeper than a parser goes
    ],
)
async def test_messages_that_mean_nothing(site: Surface, text: str) -> None:
    socket = await connect(site, "1")
    await socket.send_str(text)
    answer = await socket.receive_json(timeout=10)
    assert answer["status"] == 400
    assert answer["error"]
    await socket.close()


async def test_what_is_too_long_ends_the_connection(site: Surface, streams: Streams) -> None:
    socket = await connect(site, "1")
    await socket.send_str("x" * 5000)
    closed = await socket.receive(timeout=10)
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
    await socket.close()


async def test_the_end_of_a_token(site: Surface, streams: Streams, database: Database) -> None:
    async def invalid(tx: Transaction, credentials: Sequence[str]) -> set[str]:
        return set()

    socket = await connect(site, "1", "?stream=user")
    headers = {"Authorization": "Bearer 1"}
    response = await site.client.get(f"{site.address}{BASE}/user", headers=headers)
    assert (await response.content.readline()) == b":)\n"
    await streams.sweep()
    assert (await response.content.readline()) == b":thump\n"
    streams._still_valid = invalid
    await streams.sweep()
    assert await response.content.read() == b""
    closed = await socket.receive(timeout=10)
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1008)
    async with asyncio.timeout(10):
        while len(streams):
            await asyncio.sleep(0.01)


async def test_a_stopping_server_says_so(
    database: Database, streams: Streams, clock: ManualClock
) -> None:
    api = StreamsApi(database=database, streams=streams, origin="https://a.test")
    async with surface(api.routes(), clock=clock) as site:
        socket = await connect(site, "1", "?stream=user")
        stream = await site.client.get(
            f"{site.address}{BASE}/public", headers={"Authorization": "Bearer 1"}
        )
        assert stream.headers["Strict-Transport-Security"]
        assert stream.headers["Access-Control-Allow-Origin"] == "*"
        assert stream.headers["X-Accel-Buffering"] == "no"
        await stream.content.readline()
    assert len(streams) == 0
    del socket


async def test_an_opened_socket_does_not_say_what_runs_it(site: Surface) -> None:
    wish = {
        "Authorization": "Bearer 1",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    opened = await site.client.get(f"{site.address}{BASE}", headers=wish)
    assert (opened.status, opened.headers["Server"]) == (101, "fedrse")
    opened.close()


async def test_one_kind_of_event_in_one_stream(site: Surface, streams: Streams) -> None:
    async def source(
        tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        return []

    streams.add_source(source, "update")
    socket = await connect(site, "1")
    await socket.send_json({"type": "subscribe", "stream": "user"})
    await socket.send_json({"type": "subscribe", "stream": "hashtag", "tag": "Ärger"})
    await socket.send_str("?")
    assert (await socket.receive_json(timeout=10))["status"] == 400
    message = Message("update", b"1")
    await streams._send(Dispatch("user", None, {1: message, 2: message}))
    await streams._send(Dispatch("hashtag", "arger", {1: message}))
    await streams._send(Dispatch("hashtag", "arger", {2: message}))
    await streams._send(Dispatch("public", "", {1: message}))
    heard: list[Any] = [await socket.receive_json(timeout=10) for _ in range(2)]
    assert heard == [
        {"stream": ["user"], "event": "update", "payload": "1"},
        {"stream": ["hashtag", "Ärger"], "event": "update", "payload": "1"},
    ]
    await socket.send_json({"type": "unsubscribe", "stream": "user"})
    await socket.send_str("?")
    assert (await socket.receive_json(timeout=10))["status"] == 400
    await streams._send(Dispatch("user", None, {1: message}))
    await socket.send_str("?")
    assert (await socket.receive_json(timeout=10))["status"] == 400
    await socket.close()
