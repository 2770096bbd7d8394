"""A small client of the Mastodon API, for the demo and for scripts on this machine."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp


class ApiFailed(Exception):
    """An answer that is no success; the message has method, address, status and body."""


class ApiClient:
    """Calls one site; ``token`` per call, because many people share one connection."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self.base_url = base_url
        self._session = session

    async def call(
        self,
        method: str,
        path: str,
        token: str,
        data: dict[str, Any] | None = None,
        *,
        file: bytes | None = None,
    ) -> Any:
        """Returns the JSON of the answer. Raises ApiFailed; waits where a limit says so.

        With a ``file`` the data goes beside it as a form.
        """
        for _ in range(5):
            async with self._session.request(
                method,
                self.base_url + path,
                **({"json": data} if file is None else {"data": _form(data or {}, file)}),
                headers={"Authorization": f"Bearer {token}"},
            ) as response:
                if response.status == 429:
                    await asyncio.sleep(min(float(response.headers.get("Retry-After", 1)), 5))
                    continue
                if response.status >= 400:
                    body = (await response.text())[:500]
                    raise ApiFailed(f"{method} {path}: {response.status} {body}")
                return await response.json()
        raise ApiFailed(f"{method} {path}: limited for too long")

    async def get(self, path: str, token: str) -> Any:
        """GET."""
        return await self.call("GET", path, token)

    async def upload(self, path: str, token: str, file: bytes, description: str) -> Any:
        """POST of a PNG picture with its description."""
        return await self.call("POST", path, token, {"description": description}, file=file)

    async def post(self, path: str, token: str, data: dict[str, Any] | None = None) -> Any:
        """POST with JSON."""
        return await self.call("POST", path, token, data or {})


def _form(data: dict[str, Any], file: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.items():
        form.add_field(name, value)
    form.add_field("file", file, filename="picture.png", content_type="image/png")
    return form
