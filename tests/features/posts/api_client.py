"""The statuses API, called as one person."""

from __future__ import annotations

import re
from typing import Any

from fedrse.features.accounts.model import Account
from tests.features.surface import Surface

BASE = "/api/v1/statuses"


class Client:
    """Calls as one person."""

    def __init__(self, where: Surface, who: Account | None) -> None:
        self._where = where
        self._who = None if who is None else who.id

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        status, _, body = await self._where.call(method, path, self._who, **options)
        return status, body

    async def links(self, path: str) -> tuple[Any, dict[str, str]]:
        """The document and its Link header by relation."""
        status, headers, body = await self._where.call("GET", path, self._who)
        assert status == 200, body
        found = re.findall(r'<[^>]*?(/api[^>]*)>; rel="(\w+)"', headers.get("Link", ""))
        return body, {relation: address for address, relation in found}

    async def get(self, path: str) -> Any:
        status, body = await self.call("GET", path)
        assert status == 200, body
        return body

    async def post(self, path: str, **data: Any) -> Any:
        status, body = await self.call("POST", path, json=data)
        assert status == 200, body
        return body
