"""Whether the process lives, and whether it should get requests: for supervisors and proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fedrse.http.access_log import log
from fedrse.http.reply import TEXT, Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface

CHECK_SECONDS = 5

Check = Callable[[], Awaitable[None]]
"""Raises where something that requests need does not work."""


class Health:
    """The state of this process; ``checks`` have short names that may be shown to anybody."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.starting = False
        self.stopping = False

    async def failing(self) -> list[str]:
        """The names of the checks that fail now.

        ``starting`` as long as not all addresses are open: peers may use another one than whoever
        asks. ``stopping`` once the server is going down.
        """
        if self.starting or self.stopping:
            return ["stopping" if self.stopping else "starting"]
        names = list(self.checks)
        results = await asyncio.gather(*(self._passes(name) for name in names))
        return [name for name, passes in zip(names, results, strict=True) if not passes]

    async def _passes(self, name: str) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self.checks[name]()
        except Exception as error:  # noqa: BLE001  (whatever it is, the answer is: not ready)
            log.warning("not_ready", check=name, error=repr(error))
            return False
        return True

    async def live(self, _request: Request) -> Reply:
        """200 as long as the event loop turns."""
        return json_reply({"status": "ok"})

    async def ready(self, _request: Request) -> Reply:
        """200 where all checks pass, else 503 with the names of those that fail."""
        failing = await self.failing()
        if failing:
            return json_reply({"status": "unavailable", "failing": failing}, status=503)
        return json_reply({"status": "ok"})

    async def plain(self, _request: Request) -> Reply:
        """200 with ``OK``, or 503, as monitors of Mastodon expect it."""
        if await self.failing():
            return Reply(b"UNAVAILABLE", status=503, media_type=TEXT)
        return Reply(b"OK", media_type=TEXT)

    def routes(self) -> list[Route]:
        """``GET /health``, ``/health/live`` and ``/health/ready``."""
        surface, auth, limit = Surface.WELLKNOWN, Auth.PUBLIC, Limit.NONE
        return [
            Route("GET", "/health", self.plain, surface=surface, auth=auth, limit=limit),
            Route("GET", "/health/live", self.live, surface=surface, auth=auth, limit=limit),
            Route("GET", "/health/ready", self.ready, surface=surface, auth=auth, limit=limit),
        ]
