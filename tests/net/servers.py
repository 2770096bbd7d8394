"""Servers on loopback that behave and misbehave, and diallers that can reach them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from fedrse.core.urls import UrlRules, normalise_origin, origin_of
from fedrse.net.addresses import Address, AddressPolicy
from fedrse.net.dialler import Dialler, parse_overrides
from fedrse.net.errors import NameLookupFailed
from fedrse.net.tls import client_context

OWN = "http://localhost:1"
"""A site on loopback: it may talk plain http to loopback, on any port."""

PUBLIC_OWN = "https://lyon.corp.example"
"""A site in the world: https only, port 443 only."""


class Gate:
    """Policy of a test: everybody, but for the denied; nobody is named, but for the named."""

    def __init__(self, *, named: Iterable[str] = (), denied: Iterable[str] = ()) -> None:
        self.named = set(named)
        self.denied = set(denied)

    def may_contact(self, peer: str) -> bool:
        return peer not in self.denied

    def is_named(self, peer: str) -> bool:
        return peer in self.named


class ScriptedResolver:
    """Gives the answers it was told, one after the other; the last one is repeated."""

    def __init__(self, answers: Mapping[str, list[list[str]]] | None = None) -> None:
        self.answers = {name: list(rounds) for name, rounds in (answers or {}).items()}
        self.asked: list[str] = []

    async def resolve(self, host: str) -> tuple[Address, ...]:
        self.asked.append(host)
        rounds = self.answers.get(host)
        if not rounds:
            raise NameLookupFailed("name_not_found", f"The name {host} has no address")
        found = rounds.pop(0) if len(rounds) > 1 else rounds[0]
        return tuple(ip_address(text) for text in found)

    def close(self) -> None:
        return


def dialler(
    *,
    own: str = OWN,
    connect: Mapping[str, str] | None = None,
    private: Iterable[str] = ("127.0.0.1", "localhost"),
    proxy: str | None = None,
    gate: Gate | None = None,
    resolver: ScriptedResolver | None = None,
    tls: ssl.SSLContext | None = None,
) -> Dialler:
    """A dialler as the settings would make it, with a resolver under control."""
    overrides = dict(connect or {})
    rules = UrlRules.of_site(own, overrides)
    return Dialler(
        rules=rules,
        policy=AddressPolicy.of_entries(private),
        overrides=parse_overrides(overrides, rules),
        proxy=None if proxy is None else origin_of(proxy),
        gate=gate or Gate(),
        resolver=resolver or ScriptedResolver({"localhost": [["127.0.0.1"]]}),
        tls=tls or client_context(),
    )


@dataclass
class RawServer:
    """A server whose answers are made by hand. ``received`` has the bytes of each request."""

    port: int = 0
    connections: int = 0
    received: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def stream_server(
    serve: Serve, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """``serve`` has each connection from its first moment; gives the port. Leaves nothing open."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(guarded, address, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await server.wait_closed()


@asynccontextmanager
async def raw_server(
    handle: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[RawServer]:
    """``handle`` gets each request (head and sized body) and writes what it likes.

    The connection stays open for the next request until ``handle`` closes the writer.
    """
    state = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        while not writer.is_closing():
            request = await read_request(reader)
            state.received.append(request)
            await handle(request, writer)
            await writer.drain()
        await writer.wait_closed()

    async with stream_server(serve, tls=tls, address=address, port=port) as bound:
        state.port = bound
        yield state


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A proxy that leads every CONNECT to one local port; gives its port and what was asked."""
    asked: list[bytes] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async with stream_server(serve) as bound:
        yield bound, asked


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


def answer(
    body: bytes = b"ok",
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a well-formed answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(data: bytes) -> Handler:
    """Answers every request with these bytes."""

    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return handle


async def hang(_request: bytes, _writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


def peer_of(url: str) -> str:
    """``host:port`` of a test server."""
    return normalise_origin(url, UrlRules.of_site(OWN, {})).peer
