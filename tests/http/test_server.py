"""Listening, TLS, health, and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, UnixConnector, WSMsgType, web

from fedrse.core.listen import TcpAddress, UnixAddress
from fedrse.core.settings import Settings
from fedrse.http.frame import Frame
from fedrse.http.health import Health
from fedrse.http.principal import NobodyKnown
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.http.server import HttpServer, tls_context
from tests.net.tls_authority import TlsAuthority

LOOPBACK = TcpAddress("127.0.0.1", 0)


async def hello(request: Request) -> bytes:
    return b'"' + request.address.encode() + b'"'


def api(path: str, handler: Any, **options: Any) -> Route:
    return Route("GET", path, handler, surface=Surface.API, auth=Auth.PUBLIC, **options)


MakeFrame = Callable[..., Frame]


@pytest.fixture
def make_frame(site_settings: Callable[..., Settings]) -> MakeFrame:
    def make(*routes: Route) -> Frame:
        return Frame(site_settings(), routes, NobodyKnown())

    return make


async def test_several_addresses(make_frame: MakeFrame, tmp_path: Path) -> None:
    socket = UnixAddress(tmp_path / "http.sock")
    frame = make_frame(api("/api/x", hello))
    server = HttpServer(frame, [LOOPBACK, TcpAddress("[::1]", 0), socket])
    bound = await server.start()
    assert bound[2] == socket
    assert socket.path.stat().st_mode & 0o777 == 0o660
    async with ClientSession() as client:
        for address, own in zip(bound[:2], ("127.0.0.1", "::1"), strict=True):
            async with client.get(f"http://{address}/api/x") as response:
                assert await response.json() == own
    async with ClientSession(connector=UnixConnector(str(socket.path))) as client:
        forwarded = {"X-Forwarded-For": "5.6.7.8"}
        async with client.get("http://localhost/api/x", headers=forwarded) as response:
            assert await response.json() == "5.6.7.8"
    await server.stop()
    await server.stop()
    assert not socket.path.exists()


async def test_a_socket_left_over_is_replaced(make_frame: MakeFrame, tmp_path: Path) -> None:
    import socket

    path = tmp_path / "http.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    server = HttpServer(make_frame(), [UnixAddress(path)])
    await server.start()
    await server.stop()


async def test_an_address_that_is_taken_opens_none(make_frame: MakeFrame, tmp_path: Path) -> None:
    first = HttpServer(make_frame(), [LOOPBACK])
    (taken,) = await first.start()
    socket = UnixAddress(tmp_path / "http.sock")
    second = HttpServer(make_frame(), [socket, taken])
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    assert not socket.path.exists()
    await first.stop()


async def test_tls(make_frame: MakeFrame, tmp_path: Path) -> None:
    authority = TlsAuthority(tmp_path)
    certificate, key = authority.issue("localhost")
    frame = make_frame(api("/api/x", hello))
    server = HttpServer(frame, [LOOPBACK], tls=tls_context(certificate, key))
    (address,) = await server.start()
    trust = authority.client_context()
    async with ClientSession() as client:
        url = f"https://localhost:{address.port}/api/x"
        async with client.get(url, ssl=trust) as response:
            assert await response.json() == "127.0.0.1"
    await server.stop()


def test_tls_files_that_do_not_fit_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("not PEM")
    for path in (tmp_path / "a.pem", tmp_path / "missing.pem"):
        with pytest.raises(ValueError, match=path.name):
            tls_context(path, path)


async def test_health(make_frame: MakeFrame) -> None:
    health = Health()
    works = True

    async def check() -> None:
        if not works:
            raise OSError("password of the database is in here")

    health.checks["database"] = check
    server = HttpServer(make_frame(*health.routes()), [LOOPBACK], health=health)
    (address,) = await server.start()
    async with ClientSession() as client:

        async def ask(name: str) -> tuple[int, Any]:
            async with client.get(f"http://{address}/health/{name}") as response:
                return response.status, await response.json()

        assert await ask("live") == (200, {"status": "ok"})
        assert await ask("ready") == (200, {"status": "ok"})
        works = False
        assert await ask("ready") == (503, {"status": "unavailable", "failing": ["database"]})
        health.stopping = True
        assert await ask("ready") == (503, {"status": "unavailable", "failing": ["stopping"]})
        assert await ask("live") == (200, {"status": "ok"})
    await server.stop()


async def test_not_ready_before_every_address_is_open(
    make_frame: MakeFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for it may ask at one address, and send peers to another one."""
    health = Health()
    seen: list[list[str]] = []
    open_one = web.TCPSite.start

    async def opened(site: web.TCPSite) -> None:
        await open_one(site)
        seen.append(await health.failing())

    monkeypatch.setattr(web.TCPSite, "start", opened)
    server = HttpServer(make_frame(*health.routes()), [LOOPBACK, LOOPBACK], health=health)
    await server.start()
    assert (seen, await health.failing()) == ([["starting"], ["starting"]], [])
    await server.stop()


async def test_stopping_finishes_requests_and_ends_streams(make_frame: MakeFrame) -> None:
    begun, release, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> bytes:
        begun.set()
        await release.wait()
        return b'"done"'

    async def stream(request: Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request.raw)
        try:
            async for _ in socket:
                pass
        except asyncio.CancelledError:
            closed.set()
            await socket.close(code=1001)
            raise
        return socket

    frame = make_frame(api("/api/slow", slow), api("/api/stream", stream, stream=True))
    server = HttpServer(frame, [LOOPBACK], grace_seconds=5)
    (address,) = await server.start()
    async with ClientSession() as client:
        waiting = asyncio.create_task(client.get(f"http://{address}/api/slow"))
        socket = await client.ws_connect(f"http://{address}/api/stream")
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
        assert closed.is_set()
        with pytest.raises(OSError, match="Cannot connect"):
            await client.get(f"http://{address}/api/slow")
        assert not stopping.done()
        release.set()
        response = await waiting
        assert await response.json() == "done"
        await stopping
    assert not frame.streams


PROGRAM = """
import asyncio, uvloop
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import NobodyKnown
from fedrse.http.health import Health
from fedrse.http.server import HttpServer, until_signalled

async def main():
    health = Health()
    settings = Settings(site=SiteSettings(base_url="http://localhost:8400"))
    frame = Frame(settings, health.routes(), NobodyKnown())
    server = HttpServer(frame, [TcpAddress("127.0.0.1", 0)], health=health)
    (address,) = await server.start()
    print(address, flush=True)
    await until_signalled()
    await server.stop()
    print("stopped", flush=True)

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_stop_a_real_process(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().strip()
    async with (
        ClientSession() as client,
        client.get(f"http://{address}/health/ready") as response,
    ):
        assert response.status == 200
    os.kill(process.pid, number)
    output = await process.stdout.read()
    assert output.decode().splitlines()[-1] == "stopped"
    assert await process.wait() == 0
