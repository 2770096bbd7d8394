"""``/settings/mail``: one's posts by mail for people without an account. Nobody's, at first."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.features.accounts.service import Accounts
from fedrse.features.mail.model import Subscribers
from fedrse.features.mail.service import Subscriptions
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH = "/settings/mail"


class _Seen(Struct, frozen=True):
    me: Person
    allowed: bool
    is_public: bool
    offered: bool
    subscribers: Subscribers


class MailSettingsPage:
    """The offer, given and taken back; how many read; and all addresses removed."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        subscriptions: Subscriptions,
        renderer: Renderer,
        me: Me,
        origin: str,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._subscriptions = subscriptions
        self._renderer = renderer
        self._me = me
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            Route("GET", PATH, self.show, Surface.PAGE, Auth.USER),
            Route("POST", PATH, self.save, Surface.PAGE, Auth.USER),
            Route("POST", f"{PATH}/clear", self.clear, Surface.PAGE, Auth.USER),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/mail``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Seen:
            account = await self._accounts.access_account(tx, viewer, viewer)
            return _Seen(
                me=await self._me(tx, viewer),
                allowed=await self._subscriptions.may_offer(tx, viewer),
                is_public=account.public_profile,
                offered=account.by_mail,
                subscribers=await self._subscriptions.subscribers(tx, viewer),
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "mail/settings.html",
            viewer=seen.me,
            seen=seen,
            path=PATH,
            saved=request.text("saved") is not None,
            cleared=request.text("cleared") is not None,
            subscribe=f"{self._origin}/mail/subscribe/{viewer}",
        )

    async def save(self, request: Request) -> Reply:
        """``POST /settings/mail``."""
        viewer, offered = request.require_viewer(), request.text("offered") is not None

        async def unit(tx: Transaction) -> None:
            await self._subscriptions.offer(tx, viewer, offered=offered)

        try:
            await self._database.write(unit)
        except NotFound:
            return redirect(PATH)  # the page says that it is not allowed
        return redirect(f"{PATH}?saved=1")

    async def clear(self, request: Request) -> Reply:
        """``POST /settings/mail/clear``."""
        await self._database.write(self._subscriptions.clear, request.require_viewer())
        return redirect(f"{PATH}?cleared=1")
