"""What a remote server answers: literal answers, and all that can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

ACTIVITY = "application/activity+json"


@dataclass(frozen=True)
class Reply:
    """A literal answer."""

    body: bytes = b""
    status: int = 200
    media_type: str = ACTIVITY
    headers: dict[str, str] = field(default_factory=dict)


Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


# What can go wrong


def status(code: int, **headers: str) -> Fault:
    """Answers with this status; header names with ``_`` for ``-``."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=code, text="no", headers=named)

    return answer


def hang() -> Fault:
    """Takes the request and never answers."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    return answer


def slow(seconds: float) -> Fault:
    """Answers well, after a while."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(status=202)

    return answer


def drip(every: float) -> Fault:
    """Sends one byte at a time, without end."""

    async def answer(incoming: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": ACTIVITY})
        await response.prepare(incoming)
        while True:
            await response.write(b" ")
            await asyncio.sleep(every)

    return answer


def raw(data: bytes) -> Fault:
    """Writes these bytes instead of an HTTP answer and closes; no bytes: just drops."""

    async def answer(incoming: web.Request) -> web.StreamResponse:
        transport = incoming.transport
        assert transport is not None
        if data:
            transport.write(data)
            transport.close()
        else:
            transport.abort()
        raise asyncio.CancelledError

    return answer


drop = raw(b"")
