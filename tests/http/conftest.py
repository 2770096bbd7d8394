"""A frame on a real socket, with people and applications that the tests make up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, DummyCookieJar

from fedrse.core.clock import ManualClock
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import Principal
from fedrse.http.routes import Route
from fedrse.http.server import HttpServer


class MadeUpPeople:
    """An authenticator over two dictionaries."""

    def __init__(self) -> None:
        self.tokens: dict[str, Principal] = {}
        self.sessions: dict[str, Principal] = {}

    async def bearer(self, token: str) -> Principal | None:
        return self.tokens.get(token)

    async def session(self, cookie: str) -> Principal | None:
        return self.sessions.get(cookie)


@dataclass
class RunningSite:
    """Where a frame answers, and a client that keeps no cookies and follows nothing."""

    address: str
    client: ClientSession
    frame: Frame
    people: MadeUpPeople
    clock: ManualClock

    async def get(self, path: str, **headers: str) -> tuple[int, Any, Any]:
        return await self.request("GET", path, headers=named(headers))

    async def request(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers, and the JSON document or else the text."""
        async with self.client.request(
            method, self.address + path, allow_redirects=False, **options
        ) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            body = msgspec.json.decode(text) if is_json and text else text
            return response.status, response.headers, body


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def settings(**changes: Any) -> Settings:
    """Settings of a site on loopback, limits off unless given."""
    values: dict[str, Any] = {
        "site": SiteSettings(base_url="http://localhost:8400", language="en"),
        "limits": LimitSettings(enabled=False),
    }
    return Settings(**{**values, **changes})


Serve = Callable[..., Awaitable[RunningSite]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts frames that stop after the test."""
    async with AsyncExitStack() as stack:

        async def start(routes: Iterable[Route], **options: Any) -> RunningSite:
            people, clock = MadeUpPeople(), ManualClock()
            chosen = options.pop("settings", None) or settings()
            frame = Frame(chosen, routes, people, clock=clock, upload_folder=tmp_path, **options)
            server = HttpServer(frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
            (address,) = await server.start()
            stack.push_async_callback(server.stop)
            client = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
            return RunningSite(f"http://{address}", client, frame, people, clock)

        yield start


@pytest.fixture
def site_settings() -> Callable[..., Settings]:
    return settings
