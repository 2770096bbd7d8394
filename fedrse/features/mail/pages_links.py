"""Pages for people without an account: asking for somebody's posts, confirming, ending it.

Links of mails lead to a button, because programs open links, too. Ending it takes no more than the
link itself: mail programs send that request by themselves (RFC 8058), so it carries no secret of a
form.
"""

from __future__ import annotations

from fedrse.core.errors import Invalid, NotFound, TooMany
from fedrse.features.accounts.model import Account
from fedrse.features.mail.model import Purpose, checked_address
from fedrse.features.mail.service import Subscriptions, Wish
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

SUBSCRIBE = "/mail/subscribe/{id}"
CONFIRM = "/mail/confirm/{id}/{token}"
END = "/mail/unsubscribe/{id}/{token}"
_WRONG = translatable("This is not an e-mail address.")
_OFTEN = translatable("Too many requests from here. Try again later.")


class LinkPages:
    """What visitors do about mail."""

    def __init__(
        self, *, database: Database, subscriptions: Subscriptions, renderer: Renderer
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, anyone, limit = Surface.PAGE, Auth.OPTIONAL, Limit.LOGIN
        return [
            Route("GET", SUBSCRIBE, self.form, page, anyone),
            Route("POST", SUBSCRIBE, self.ask, page, anyone, limit=limit),
            Route("GET", CONFIRM, self.confirm_ask, page, anyone, limit=limit),
            Route("POST", CONFIRM, self.confirm, page, anyone, limit=limit),
            Route("GET", END, self.end_ask, page, anyone),
            Route("POST", END, self.end, page, Auth.PUBLIC, csrf=False),
        ]

    # Asking

    async def form(self, request: Request) -> Reply:
        """``GET /mail/subscribe/:id``. Raises NotFound for those whose posts cannot be had."""
        account = await self._database.read(self._subscriptions.access_author, request.path_id())
        return self._form(request, account)

    async def ask(self, request: Request) -> Reply:
        """``POST /mail/subscribe/:id``: the same page follows whatever is known of the address."""
        account = await self._database.read(self._subscriptions.access_author, request.path_id())
        typed = request.text("email") or ""
        try:
            wish = Wish(account.id, checked_address(typed), request.language, request.address)
            await self._database.write(self._subscriptions.ask, wish)
        except Invalid as error:
            return self._form(request, account, typed=typed, wrong=_WRONG, status=error.status)
        except TooMany as error:
            return self._form(request, account, typed=typed, error=_OFTEN, status=error.status)
        return self._show(request, "asked", account, typed=wish.email)

    def _form(
        self,
        request: Request,
        account: Account,
        *,
        typed: str = "",
        wrong: str = "",
        error: str = "",
        status: int = 200,
    ) -> Reply:
        return self._renderer.render(
            request,
            "mail/subscribe.html",
            status=status,
            name=account.display_name or account.username,
            page=account.url,
            action=request.path,
            typed=typed,
            wrong=wrong,
            error=error,
        )

    # Links of mails

    async def confirm_ask(self, request: Request) -> Reply:
        """``GET /mail/confirm/:id/:token``: a button."""
        return await self._ask(request, Purpose.CONFIRM)

    async def end_ask(self, request: Request) -> Reply:
        """``GET /mail/unsubscribe/:id/:token``: a button."""
        return await self._ask(request, Purpose.UNSUBSCRIBE)

    async def _ask(self, request: Request, purpose: Purpose) -> Reply:
        try:
            known, account = await self._database.read(
                self._subscriptions.by_link, purpose, request.path_id(), request.values["token"]
            )
        except NotFound:
            return self._show(request, f"{purpose.value}_gone")
        if purpose is Purpose.CONFIRM and known.confirmed_at is not None:
            return self._show(request, "confirmed", account)
        return self._show(request, purpose.value, account, typed=known.email)

    async def confirm(self, request: Request) -> Reply:
        """``POST /mail/confirm/:id/:token``."""
        try:
            account = await self._database.write(
                self._subscriptions.confirm, request.path_id(), request.values["token"]
            )
        except NotFound:
            return self._show(request, "confirm_gone")
        return self._show(request, "confirmed", account)

    async def end(self, request: Request) -> Reply:
        """``POST /mail/unsubscribe/:id/:token``, by the button or by a mail program."""
        try:
            account = await self._database.write(
                self._subscriptions.end, request.path_id(), request.values["token"]
            )
        except NotFound:
            return self._show(request, "unsubscribe_gone")
        return self._show(request, "ended", account)

    def _show(
        self, request: Request, state: str, account: Account | None = None, *, typed: str = ""
    ) -> Reply:
        # Whoever ended it twice has what they want, so that is no mistake.
        return self._renderer.render(
            request,
            "mail/link.html",
            status=404 if state == "confirm_gone" else 200,
            state=state,
            name="" if account is None else account.display_name or account.username,
            page="" if account is None else account.url,
            action=request.path,
            email=typed,
        )
