"""A site with a real mail server, and what its mails say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.message import EmailMessage
from typing import Any

from sqlalchemy import bindparam, delete, select

from fedrse.core.clock import MINUTE
from fedrse.features.access.model import Role
from fedrse.features.mail.jobs import COLLECT
from fedrse.features.mail.service import SEND
from fedrse.features.mail.service_batches import SPREAD
from fedrse.features.mail.tables import mail_publisher, mail_subscription
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.access.browser import Browser
from tests.features.access.conftest import RunningSite
from tests.features.fakes import ORIGIN
from tests.features.page_visitor import PageVisitor, visit
from tests.features.whole import Caller, WholeSite
from tests.net.smtp_server import Post

READER = "reader@elsewhere.example"
WAITING = Statement(select(job).where(job.c.kind == bindparam("kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("kind")))
ROWS = Statement(select(mail_subscription).order_by(mail_subscription.c.id))
OFFERS = Statement(select(mail_publisher))
LINK = re.compile(r"https://lyon\.corp\.example(/mail/(confirm|unsubscribe)/\d+/[0-9a-f]+)")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Stage:
    """A site with public pages and its mail server, and Amina who offers her posts."""

    def __init__(self, site: WholeSite, post: Post) -> None:
        self.site = site
        self.post = post
        self.amina: Caller

    @property
    def path(self) -> str:
        return f"/api/v1/accounts/{self.amina.id}/email_subscriptions"

    async def offer(self, role: Role = Role.COMMUNITY_MANAGER) -> PageVisitor:
        """Amina has this role, a public profile, and says yes."""
        self.amina = await self.site.person("amina")
        await self.set_role(role)
        await self.amina.ok(
            "PATCH", "/api/v1/accounts/update_credentials", json={"public_profile": True}
        )
        visitor = await visit(self.site, self.amina)
        await visitor.post("/settings/mail", offered="1")
        return visitor

    async def set_role(self, role: Role) -> None:
        services = self.site.site.services
        await self.site.site.ground.database.write(
            services.access.logins.set_role, self.amina.account.id, role
        )

    async def ask(self, email: str = READER, **options: Any) -> tuple[int, Any]:
        headers = {"Accept-Language": "en"} | options.pop("headers", {})
        status, _, body = await self.site.call(
            "POST", self.path, json={"email": email}, headers=headers, **options
        )
        return status, body

    async def work(self, *kinds: str) -> list[EmailMessage]:
        """Does the jobs that wait and returns what was sent."""
        for kind in kinds or (SPREAD, SEND):
            for arguments in await self.waiting(kind):
                await self.site.do_job(kind, **arguments)
        found, self.post.mails = self.post.mails, []
        return found

    async def waiting(self, kind: str) -> list[dict[str, Any]]:
        """The jobs of a kind; they are taken out."""

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, kind=kind)]
            await tx.run(FORGET, kind=kind)
            return found

        return [json.loads(one) for one in await self.site.site.ground.database.write(take)]

    async def news(self) -> list[EmailMessage]:
        """A batch some minutes later."""
        self.site.clock.advance(5 * MINUTE)
        await self.site.do_job(COLLECT)
        return await self.work()

    async def rows(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return list(await tx.all(ROWS))

        return await self.site.site.ground.database.read(unit)

    async def subscribe(self, email: str = READER, **options: Any) -> str:
        """Asks and confirms; the path of the link with which it ends."""
        assert await self.ask(email, **options) == (200, {})
        (mail,) = await self.work()
        paths = links(mail)
        browser = self.browser()
        await browser.open(paths["confirm"])
        await browser.submit()
        assert browser.status == 200
        return unsubscribing(mail)

    def browser(self, language: str = "en") -> Browser:
        return Browser(RunningSite(self.site.address, self.site.client), language)

    async def write(self, text: str, **fields: Any) -> Any:
        wanted = {"status": text, "audience": "public", "visibility": "public"}
        return await self.amina.post("/api/v1/statuses", **(wanted | fields))


def links(mail: EmailMessage) -> dict[str, str]:
    """The links in a mail, the same in text and HTML, by what they are good for."""
    parts = [
        {match[2]: match[1] for match in LINK.finditer(part.get_content())}
        for part in mail.walk()
        if not part.is_multipart()
    ]
    assert len(parts) == 2
    assert parts[0] == parts[1]
    return parts[0]


def unsubscribing(mail: EmailMessage) -> str:
    """The address of RFC 2369."""
    return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(ORIGIN)


def words(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


Open = Callable[..., AbstractAsyncContextManager[Stage]]
