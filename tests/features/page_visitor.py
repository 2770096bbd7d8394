"""Somebody of a whole site who looks at pages with a browser without scripts."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import FormData

from fedrse.http.sessions import Cookies
from fedrse.store.database import Transaction
from tests.features.fakes import ORIGIN
from tests.features.whole import Caller, WholeSite


@dataclass
class PageVisitor:
    """A session; ``page`` is the HTML that came last, ``place`` where the last answer leads."""

    whole: WholeSite
    caller: Caller
    cookie: str
    csrf: str = ""
    page: str = ""
    place: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> int:
        return await self._call("GET", path)

    async def post(self, path: str, *pairs: tuple[str, Any], **fields: Any) -> int:
        """Sends a form; a value may be bytes, which is a file."""
        form = FormData(quote_fields=False)
        form.add_field("csrf_token", self.csrf)
        for name, value in [*pairs, *fields.items()]:
            if isinstance(value, bytes):
                form.add_field(
                    name, io.BytesIO(value), filename="file.png", content_type="image/png"
                )
            else:
                form.add_field(name, str(value), content_type="text/plain")
        return await self._call("POST", path, data=form)

    async def _call(self, method: str, path: str, **options: Any) -> int:
        headers = {"Cookie": self.cookie, "Accept": "text/html", **self.headers}
        status, found, body = await self.whole.call(method, path, headers=headers, **options)
        self.page = body.decode() if isinstance(body, bytes) else str(body)
        self.place = found.get("Location", "")
        return status

    @property
    def words(self) -> str:
        """What the page says, without markup."""
        return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", self.page).split()))

    def value(self, name: str) -> str:
        """The value of the first field of this name."""
        found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', self.page)
        assert found, (name, self.words[-600:])
        return html.unescape(found[1])

    @property
    def text(self) -> str:
        """What stands in the field for the text."""
        found = re.search(r'<textarea id="text"[^>]*>([^<]*)</textarea>', self.page)
        assert found, self.words[-600:]
        return html.unescape(found[1])


async def visit(whole: WholeSite, caller: Caller, *, language: str = "en") -> PageVisitor:
    """Signs somebody in."""
    access = whole.site.services.access

    async def unit(tx: Transaction) -> str:
        await access.logins.set_interface(
            tx, caller.account.id, locale=language, time_zone="Europe/Paris", look=""
        )
        secret = await access.sessions.start(
            tx, caller.account.id, user_agent="test", address="127.0.0.1"
        )
        return secret.cookie

    cookie = await whole.site.ground.database.write(unit)
    visitor = PageVisitor(whole, caller, f"{Cookies(ORIGIN).session}={cookie}")
    await visitor.get("/compose")
    visitor.csrf = visitor.value("csrf_token")
    return visitor
