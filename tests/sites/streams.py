"""Streams as apps open them: a WebSocket or server-sent events, read by a loop in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientResponse, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType

from tests.sites.browser import Browser
from tests.sites.person import Person
from tests.sites.waiting import until


@dataclass(frozen=True)
class Heard:
    """One event; ``stream`` is empty for server-sent events, ``payload`` is parsed."""

    stream: tuple[str, ...]
    event: str
    payload: Any


class Live:
    """An open stream; events are collected as they come."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.heard: list[Heard] = []
        self.errors: list[dict[str, Any]] = []
        self.thumps = 0
        self.answers = 0  # to messages that mean nothing
        self.protocol: str | None = None
        self.closed: int | None = None  # the code, or 0 for an end without one
        self.socket: ClientWebSocketResponse | None = None

    def events(self, event: str, stream: str | None = None) -> list[Any]:
        """The payloads of these events so far."""
        return [
            one.payload
            for one in self.heard
            if one.event == event and (stream is None or one.stream[:1] == (stream,))
        ]

    def wait(self, event: str, what: Any = None, stream: str | None = None) -> Any:
        """The first payload of such an event whose id (or itself) is ``what``."""

        def found() -> list[Any]:
            return [
                (payload,)
                for payload in self.events(event, stream)
                if what is None or what in (payload, _id_of(payload))
            ]

        return until(found, lambda: f"{event} {what}; heard {self.heard!r:.2000}")[0][0]

    def send(self, **message: Any) -> None:
        """Sends a JSON message."""
        socket = self.socket
        assert socket is not None
        asyncio.run_coroutine_threadsafe(socket.send_json(message), self.loop).result(10)

    def subscribe(self, stream: str, **parameters: str) -> None:
        """Subscribes, and waits until the site has done so: it answers messages in order."""
        self.send(type="subscribe", stream=stream, **parameters)
        self.settle()

    def unsubscribe(self, stream: str, **parameters: str) -> None:
        self.send(type="unsubscribe", stream=stream, **parameters)
        self.settle()

    def settle(self) -> None:
        """Waits for the answer to a message that is wrong."""
        before = self.answers
        self.send(type="nonsense")
        until(lambda: self.answers > before, "an answer")


def _id_of(payload: Any) -> Any:
    return payload.get("id") if isinstance(payload, dict) else None


@contextlib.contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextlib.contextmanager
def live(
    person: Person, stream: str | None = None, *, token: str = "header", **parameters: str
) -> Iterator[Live]:
    """A WebSocket; ``token`` says how it shows who asks: header, query or protocol."""
    query = dict(parameters)
    if stream is not None:
        query["stream"] = stream
    headers = {}
    protocols: tuple[str, ...] = ()
    if token == "header":
        headers["Authorization"] = f"Bearer {person.token}"
    elif token == "query":
        query["access_token"] = person.token
    else:
        protocols = (person.token,)
    url = f"http://127.0.0.1:{person.port or person.site.port}/api/v1/streaming?{urlencode(query)}"
    with loop_in_thread() as loop:
        opened = Live(loop)
        ready = threading.Event()

        async def run() -> None:
            async with (
                ClientSession() as session,
                session.ws_connect(url, headers=headers, protocols=protocols) as socket,
            ):
                opened.socket, opened.protocol = socket, socket.protocol
                ready.set()
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        _take(opened, json.loads(message.data))
                opened.closed = socket.close_code or 0

        task = asyncio.run_coroutine_threadsafe(run(), loop)
        task.add_done_callback(lambda _task: ready.set())
        assert ready.wait(20)
        if task.done():
            task.result()
        opened.settle()  # the stream of the address is watched now
        try:
            yield opened
        finally:
            assert opened.socket is not None
            asyncio.run_coroutine_threadsafe(opened.socket.close(), loop).result(10)
            task.result(10)


def _take(opened: Live, message: dict[str, Any]) -> None:
    if message.get("error") == "Unknown message type":
        opened.answers += 1
        return
    if "error" in message:
        opened.errors.append(message)
        return
    payload = message.get("payload")
    if payload is not None:
        assert isinstance(payload, str)
        payload = json.loads(payload) if payload[0] in "{[" else payload
    opened.heard.append(Heard(tuple(message["stream"]), message["event"], payload))


@contextlib.contextmanager
def live_events(person: Person, path: str, **parameters: str) -> Iterator[Live]:
    """Server-sent events of ``/api/v1/streaming/<path>``."""
    port = person.port or person.site.port
    url = f"http://127.0.0.1:{port}/api/v1/streaming/{path}?{urlencode(parameters)}"
    with _events(url, {"Authorization": f"Bearer {person.token}"}) as opened:
        yield opened


@contextlib.contextmanager
def live_page(browser: Browser, path: str, **parameters: str) -> Iterator[Live]:
    """Server-sent events as an open page of somebody who is signed in gets them."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with _events(
        f"{browser.base_url}{path}?{urlencode(parameters)}", {"Cookie": cookies}
    ) as opened:
        yield opened


@contextlib.contextmanager
def _events(url: str, headers: dict[str, str]) -> Iterator[Live]:
    with loop_in_thread() as loop:
        opened = Live(loop)
        ready = threading.Event()
        stopped = asyncio.Event()

        async def run() -> None:
            timeout = ClientTimeout(total=None)
            async with (
                ClientSession(timeout=timeout) as session,
                session.get(url, headers=headers) as response,
            ):
                assert response.status == 200, await response.text()
                assert response.headers["Content-Type"].startswith("text/event-stream")
                reading = asyncio.create_task(read(response))
                stopping = asyncio.create_task(stopped.wait())
                both = [reading, stopping]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    reading.result()
                    opened.closed = 0
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)

        async def read(response: ClientResponse) -> None:
            event = ""
            async for raw in response.content:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    opened.thumps += 1
                    ready.set()
                elif line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = line.removeprefix("data: ")
                    payload = json.loads(data) if data[0] in "{[" else data
                    opened.heard.append(Heard((), event, payload))

        task = asyncio.run_coroutine_threadsafe(run(), loop)
        task.add_done_callback(lambda _task: ready.set())
        assert ready.wait(20)
        if task.done():
            task.result()
        try:
            yield opened
        finally:
            loop.call_soon_threadsafe(stopped.set)
            task.result(10)
