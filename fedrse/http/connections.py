"""Connections of aiohttp, with answers of ours to what is no HTTP."""

from __future__ import annotations

from aiohttp import web

from fedrse.http.reply import encode_json

NOT_HTTP = encode_json({"error": "The request is not valid HTTP.", "error_code": "broken_request"})


class Connection(web.RequestHandler):
    """One connection; the frame sees only requests that could be read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The same shape as all errors, without repeating what came. The connection ends."""
        super().handle_error(request, status, exc, message)
        response = web.Response(status=status, body=NOT_HTTP, content_type="application/json")
        response.force_close()
        return response


class ConnectionServer(web.Server):
    """Makes a ``Connection`` for each one that is opened."""

    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)
