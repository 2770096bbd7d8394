"""Makes aiohttp's client use the dialler for every connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from aiohttp.client_proto import ResponseHandler

from fedrse.core.urls import Origin, origin_of
from fedrse.net.reach import answered_from

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from fedrse.net.dialler import Dialler

CONNECTIONS = 100
IDLE_SECONDS = 15.0


class GuardedConnector(aiohttp.BaseConnector):
    """A pool of connections that the dialler has opened.

    ``_create_connection`` is where aiohttp's own connectors differ from each other; the usual one
    skips the resolver for hosts that are addresses, so a resolver alone would not guard.
    """

    def __init__(self, dialler: Dialler) -> None:
        super().__init__(limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS)
        self._dialler = dialler

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  (aiohttp calls it so)
    ) -> Connection:
        """A new connection or one that rested; rules are asked about its address either way."""
        connection = await super().connect(req, traces, timeout)
        try:
            answered_from.set(self._dialler.check_kept(_origin(req), connection.transport))
        except BaseException:
            connection.close()
            raise
        return connection

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  (aiohttp calls it so)
    ) -> ResponseHandler:
        return await self._dialler.connect(_origin(req), lambda: ResponseHandler(loop=self._loop))


def _origin(req: ClientRequest) -> Origin:
    return origin_of(str(req.url.origin()))
