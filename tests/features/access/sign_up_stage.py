"""A site with a mail server on which people sign up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.message import EmailMessage
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, select

from fedrse.features.access.service_letters import SEND
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.whole import WholeSite
from tests.net.smtp_server import Post, only_link

PASSWORD = "correct-horse-battery-41"
WISH = {
    "username": "Nina",
    "email": "Nina@corp.example",
    "password": PASSWORD,
    "agreement": True,
    "locale": "fr-CA",
    "reason": "Je suis de l'équipe",
}
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
WAITING = Statement(select(job).where(job.c.kind == bindparam("kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("kind")))
LINK = re.compile(r"https://lyon\.corp\.example(/auth/confirm/\d+/[0-9a-f]+)")
link_in = partial(only_link, LINK)


class Stage:
    """A site with its mail server."""

    def __init__(self, site: WholeSite, post: Post) -> None:
        self.site = site
        self.post = post

    async def app(self, scopes: str = "read write follow push") -> str:
        fields = {"client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        _, _, app = await self.site.call("POST", "/api/v1/apps", json=fields | {"scopes": scopes})
        names = ("client_id", "client_secret")
        _, _, token = await self.site.call(
            "POST",
            "/oauth/token",
            json={name: app[name] for name in names}
            | {"grant_type": "client_credentials", "scope": scopes},
        )
        return str(token["access_token"])

    async def sign_up(self, token: str | None = None, **changes: Any) -> tuple[int, Any]:
        token = token or await self.app()
        status, _, body = await self.site.call(
            "POST", "/api/v1/accounts", token=token, json=WISH | changes
        )
        return status, body

    async def good(self, **changes: Any) -> str:
        status, body = await self.sign_up(**changes)
        assert status == 200, body
        return str(body["access_token"])

    async def mails(self) -> list[EmailMessage]:
        """Sends what waits and takes it out of the boxes."""
        database = self.site.site.ground.database

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, kind=SEND)]
            await tx.run(FORGET, kind=SEND)
            return found

        for arguments in await database.write(take):
            await self.site.do_job(SEND, **json.loads(arguments))
        found, self.post.mails = self.post.mails, []
        return found

    async def confirm(self, path: str) -> str:
        """Opens the page of the link and presses its button; the page that follows."""
        client, origin = self.site.client, "https://lyon.corp.example"
        async with client.get(self.site.address + path) as answer:
            page, cookies = await answer.text(), answer.cookies
        token = CSRF.search(page)
        assert token is not None, page
        header = "; ".join(f"{one.key}={one.value}" for one in cookies.values())
        async with client.post(
            self.site.address + path,
            data={"csrf_token": token[1]},
            headers={"Cookie": header, "Origin": origin},
        ) as answer:
            assert answer.status == 200
            return await answer.text()


Open = Callable[..., AbstractAsyncContextManager[Stage]]
