"""Another site on loopback: takes deliveries, serves documents, verifies who asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import VerifyKey
from fedrse.activitypub.signed_request import SignatureScheme, SignedRequest
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import origin_of


@dataclass
class Received:
    """One request with a right signature (or none)."""

    method: str
    path: str
    key_id: str | None
    scheme: SignatureScheme | None
    body: bytes
    headers: dict[str, str]

    @property
    def activity(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass
class PeerServer:
    """``documents`` by path; ``answers`` are statuses for POSTs, then 202; ``refuses`` schemes."""

    clock: ManualClock
    keys: dict[str, VerifyKey] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    media_type: str = "application/activity+json"
    answers: list[int] = field(default_factory=list)
    answer_for: Callable[[Received], int] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    refuses: set[SignatureScheme] = field(default_factory=set)
    unsigned_paths: set[str] | None = None  # None: everything may be fetched unsigned
    received: list[Received] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    concurrent: int = 0
    most_concurrent: int = 0

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def bodies(self, path: str | None = None) -> list[dict[str, Any]]:
        """The activities taken, in order."""
        return [
            one.activity
            for one in self.received
            if one.method == "POST" and path in (None, one.path)
        ]

    async def handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        self.concurrent += 1
        self.most_concurrent = max(self.most_concurrent, self.concurrent)
        try:
            return await self._handle(raw)
        finally:
            self.concurrent -= 1

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        body = await raw.read()
        await self.gate.wait()
        request = SignedRequest.received(
            raw.method, raw.raw_path, raw.headers, body, origins=(origin_of(self.origin),)
        )
        try:
            signature = parse_signature(request)
            verify(signature, request, self.keys[signature.key_id], self.clock.now())
        except Unauthenticated as error:
            if raw.method == "POST" or error.code != "signature_missing":
                return web.Response(status=401, text=error.code)
            signature = None
        if signature is not None and signature.scheme in self.refuses:
            return web.Response(status=401, text="unknown scheme")
        received = Received(
            raw.method,
            raw.raw_path,
            signature and signature.key_id,
            signature and signature.scheme,
            body,
            {name.lower(): value for name, value in raw.headers.items()},
        )
        if raw.method == "GET":
            return self._get(received)
        return self._post(received)

    def _post(self, received: Received) -> web.Response:
        status = self.answers.pop(0) if self.answers else 202
        if self.answer_for is not None:
            status = self.answer_for(received)
        if status < 300:
            self.received.append(received)
        return web.Response(status=status, headers=self.headers)

    def _get(self, received: Received) -> web.Response:
        self.received.append(received)
        path = received.path
        unsigned = self.unsigned_paths
        discovery = path.startswith("/.well-known/")
        if (
            not discovery
            and received.key_id is None
            and unsigned is not None
            and (path not in unsigned)
        ):
            return web.Response(status=401)
        document = self.documents.get(path)
        if document is None:
            return web.Response(status=404)
        if isinstance(document, int):
            return web.Response(status=document)
        if isinstance(document, str):
            return web.Response(status=302, headers={"Location": document})
        kind = self.media_type
        if path.startswith("/.well-known/"):
            kind = "application/jrd+json"
        return web.Response(body=json.dumps(document).encode(), content_type=kind)


@asynccontextmanager
async def peer_server(clock: ManualClock) -> AsyncIterator[PeerServer]:
    """Runs until the end of the block."""
    peer = PeerServer(clock)
    peer.gate.set()
    server = web.Server(peer.handle)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.port = runner.addresses[0][1]
    yield peer
    peer.gate.set()
    await runner.cleanup()
