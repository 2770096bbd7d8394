"""Routes of features on a real socket; the access token of a person is the id of the account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, DummyCookieJar

from fedrse.core.clock import Clock
from fedrse.core.json_pieces import JsonPieces
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import Principal
from fedrse.http.routes import Route
from fedrse.http.server import HttpServer
from fedrse.store.database import Transaction
from tests.features.fakes import ORIGIN


class TokenIsAccount:
    """An authenticator that believes everybody; ``7+write`` is a token with that scope only."""

    async def bearer(self, token: str) -> Principal | None:
        account, _, scope = token.partition("+")
        if not account.isdigit():
            return None
        scopes = frozenset({scope} if scope else {"read", "write"})
        return Principal(account_id=int(account), scopes=scopes)

    async def session(self, cookie: str) -> Principal | None:
        return None


@dataclass
class Surface:
    """Where the routes answer."""

    address: str
    client: ClientSession

    async def call(
        self, method: str, path: str, viewer: int | None = None, **options: Any
    ) -> tuple[int, Any, Any]:
        """Status, headers, and the JSON document or else the bytes."""
        headers = {} if viewer is None else {"Authorization": f"Bearer {viewer}"}
        headers |= options.pop("headers", {})
        async with self.client.request(
            method, self.address + path, headers=headers, allow_redirects=False, **options
        ) as response:
            body: Any = await response.read()
            if response.headers.get("Content-Type", "").startswith("application/json"):
                body = msgspec.json.decode(body)
            return response.status, response.headers, body

    async def get(self, path: str, viewer: int | None = None) -> Any:
        """The JSON document of an answer that must be 200."""
        status, _, body = await self.call("GET", path, viewer)
        assert status == 200, body
        return body


@asynccontextmanager
async def surface(
    routes: Iterable[Route], *, clock: Clock, folder: Path | None = None
) -> AsyncIterator[Surface]:
    """Serves routes; rate limits are off."""
    settings = Settings(
        site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", language="en"),
        limits=LimitSettings(enabled=False),
    )
    frame = Frame(settings, routes, TokenIsAccount(), clock=clock, upload_folder=folder)
    server = HttpServer(frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
    (address,) = await server.start()
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        try:
            yield Surface(f"http://{address}", client)
        finally:
            await server.stop()


class PlainStatuses:
    """Status entities with nothing but an id; ``hidden`` ones are not for anybody."""

    def __init__(self, hidden: Iterable[int] = ()) -> None:
        self.hidden = set(hidden)

    async def entities(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> list[bytes]:
        del tx, viewer
        return [b'{"id":"%d"}' % one for one in ids if one not in self.hidden]

    async def entities_by_id(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> dict[int, bytes]:
        del tx, viewer
        return {one: b'{"id":"%d"}' % one for one in ids if one not in self.hidden}

    async def pieces_by_id(
        self, tx: Transaction, ids: Sequence[int], viewer_id: int | None
    ) -> dict[int, JsonPieces]:
        found = await self.entities_by_id(tx, ids, viewer_id)
        return {one: (status,) for one, status in found.items()}

    async def listed(self, tx: Transaction, ids: Sequence[int], viewer_id: int | None) -> bytes:
        return b"[" + b",".join(await self.entities(tx, ids, viewer_id)) + b"]"


class PlainAccounts:
    """Account entities with nothing but an id."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        del tx
        return {one: {"id": str(one)} for one in ids}

    async def access_account(self, tx: Transaction, viewer: int, account_id: int) -> None:
        del tx, viewer, account_id

    async def rendered(
        self, tx: Transaction, ids: Sequence[int]
    ) -> dict[int, tuple[dict[str, Any], msgspec.Raw]]:
        found = await self.entities(tx, ids)
        return {
            one: (entity, msgspec.Raw(msgspec.json.encode(entity))) for one, entity in found.items()
        }
