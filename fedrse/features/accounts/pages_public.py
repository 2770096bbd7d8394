"""``/settings/public``: whether visitors without an account see a profile. Nobody's, at first."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_local import ProfileChanges
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH = "/settings/public"


class Profiles(Protocol):
    """Own accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def update_profile(
        self, tx: Transaction, account_id: int, changes: ProfileChanges
    ) -> Account: ...


class _Seen(Struct, frozen=True):
    me: Person
    account: Account


class PublicProfilePage:
    """The consent to be seen by everybody, given and taken back."""

    def __init__(
        self,
        *,
        database: Database,
        profiles: Profiles,
        renderer: Renderer,
        me: Me,
        origin: str,
        is_on: bool,
    ) -> None:
        """``is_on``: the site has public pages now."""
        self._database = database
        self._profiles = profiles
        self._renderer = renderer
        self._me = me
        self._origin = origin
        self._is_on = is_on

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            Route("GET", PATH, self.show, Surface.PAGE, Auth.USER),
            Route("POST", PATH, self.save, Surface.PAGE, Auth.USER),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/public``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Seen:
            account = await self._profiles.access_account(tx, viewer, viewer)
            return _Seen(await self._me(tx, viewer), account)

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "accounts/public.html",
            viewer=seen.me,
            is_public=seen.account.public_profile,
            is_indexed=seen.account.indexable,
            saved=request.text("saved") is not None,
            site_address=self._origin,
            is_on=self._is_on,
        )

    async def save(self, request: Request) -> Reply:
        """``POST /settings/public``."""
        viewer = request.require_viewer()
        changes = ProfileChanges(
            public_profile=request.text("public") is not None,
            indexable=request.text("indexed") is not None,
        )
        await self._database.write(self._profiles.update_profile, viewer, changes)
        return redirect(f"{PATH}?saved=1")
