"""Somebody signed in who opens pages of a whole site and sends their forms, without script."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from fedrse.http.sessions import Cookies
from fedrse.store.database import Transaction
from tests.features.fakes import ORIGIN
from tests.features.whole import Caller, WholeSite

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TAGS = re.compile(r"<[^>]*>")


@dataclass
class Visitor:
    """A browser with one session."""

    whole: WholeSite
    person: Caller
    cookie: str
    token: str = ""

    async def open(self, path: str, wanted: int = 200) -> str:
        """The HTML of a page."""
        status, _, body = await self._call("GET", path)
        assert status == wanted, (path, status, body[:2000])
        text: str = body.decode()
        found = TOKEN.search(text)
        self.token = found[1] if found else self.token
        return text

    async def read(self, path: str) -> str:
        """The text of a page between its tags."""
        return words(await self.open(path))

    async def send(
        self, path: str, fields: list[tuple[str, str]] | None = None, /, **more: str
    ) -> tuple[int, str, str]:
        """Status, where the answer leads, and its HTML."""
        if not self.token:
            await self.open("/settings/appearance")
        data = [("csrf_token", self.token), *(fields or []), *more.items()]
        status, headers, body = await self._call("POST", path, data=data)
        return status, headers.get("Location", ""), body.decode()

    async def sent(self, path: str, **more: str) -> str:
        """Where a form that must be taken leads."""
        status, location, body = await self.send(path, **more)
        assert status == 303, (path, status, body[:2000])
        return location

    async def _call(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Origin": ORIGIN}
        return await self.whole.call(method, path, headers=headers, **options)


def words(page: str) -> str:
    """The text of HTML in one line."""
    return " ".join(html.unescape(TAGS.sub(" ", page)).split())


async def visitor(whole: WholeSite, person: Caller) -> Visitor:
    """Signs somebody in."""
    sessions = whole.site.services.access.sessions

    async def sign_in(tx: Transaction) -> Any:
        return await sessions.start(tx, person.account.id, user_agent="test", address="127.0.0.1")

    secret = await whole.site.ground.database.write(sign_in)
    return Visitor(whole, person, f"{Cookies(ORIGIN).session}={secret.cookie}")
