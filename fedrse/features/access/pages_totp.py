"""Setting up an authenticator app, codes on paper, and doing without."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from markupsafe import Markup

from fedrse.core.errors import Conflict
from fedrse.features.access.model import BadCredentials, Login
from fedrse.features.access.model_second_factor import WrongCode, base32_of, otpauth_uri
from fedrse.features.access.pages_door import visitor_of
from fedrse.features.access.pages_security import SECURITY, WRONG_PASSWORD
from fedrse.features.access.service import Logins
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

TOTP = f"{SECURITY}/totp"
_WRONG = translatable("This is not the code that the app shows now.")


class TotpPages:
    """``/settings/security/totp``."""

    def __init__(
        self,
        *,
        database: Database,
        logins: Logins,
        second: SecondFactors,
        log: SecurityLog,
        me: Me,
        renderer: Renderer,
        issuer: str,
    ) -> None:
        """``issuer`` is the name under which the app shows the code."""
        self._database = database
        self._logins = logins
        self._second = second
        self._log = log
        self._me = me
        self._renderer = renderer
        self._issuer = issuer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user, limit = Surface.PAGE, Auth.USER, Limit.LOGIN
        return [
            Route("POST", f"{TOTP}/begin", self.begin, page, user),
            Route("GET", TOTP, self.show, page, user),
            Route("POST", TOTP, self.confirm, page, user, limit=limit),
            Route("GET", f"{TOTP}/off", self.ask_off, page, user),
            Route("POST", f"{TOTP}/off", self.turn_off, page, user, limit=limit),
            Route("GET", f"{TOTP}/codes", self.ask_codes, page, user),
            Route("POST", f"{TOTP}/codes", self.renew_codes, page, user, limit=limit),
        ]

    async def begin(self, request: Request) -> Reply:
        """``POST .../begin``: a new secret, shown by the next page."""
        await self._database.write(self._second.begin, request.require_viewer())
        return redirect(TOTP)

    async def show(self, request: Request) -> Reply:
        """``GET .../totp``: QR code, secret, and the form for the first code."""
        return await self._form(request, {})

    async def confirm(self, request: Request) -> Reply:
        """``POST .../totp``: the first code; shows the codes on paper."""
        viewer, code = request.require_viewer(), (request.text("code") or "")[:100]
        wrong = await self._wrong_password(request)
        if wrong:
            return await self._form(request, wrong)
        try:
            codes = await self._database.write(
                self._second.confirm, viewer, code, visitor_of(request)
            )
        except WrongCode:
            return await self._form(request, {"code": _WRONG})
        except Conflict:
            return redirect(SECURITY)
        return await self._codes(request, codes, is_new=True)

    async def ask_off(self, request: Request) -> Reply:
        """``GET .../off``: asks for the password."""
        return await self._ask(request, "off", {})

    async def turn_off(self, request: Request) -> Reply:
        """``POST .../off``."""
        wrong = await self._wrong_password(request)
        if wrong:
            return await self._ask(request, "off", wrong)
        viewer, visitor = request.require_viewer(), visitor_of(request)
        if await self._database.read(self._second.is_on, viewer):
            await self._database.write(self._second.turn_off, viewer, visitor)
        return redirect(f"{SECURITY}?done=totp-off")

    async def ask_codes(self, request: Request) -> Reply:
        """``GET .../codes``: asks for the password."""
        return await self._ask(request, "codes", {})

    async def renew_codes(self, request: Request) -> Reply:
        """``POST .../codes``: new codes on paper."""
        wrong = await self._wrong_password(request)
        if wrong:
            return await self._ask(request, "codes", wrong)
        viewer = request.require_viewer()
        if not await self._database.read(self._second.is_on, viewer):
            return redirect(SECURITY)
        codes = await self._database.write(self._second.renew_codes, viewer, visitor_of(request))
        return await self._codes(request, codes, is_new=False)

    async def _wrong_password(self, request: Request) -> dict[str, str]:
        login = await self._database.read(self._logins.require, request.require_viewer())
        try:
            await self._logins.authenticate(
                self._database, login.email, request.text("password") or ""
            )
        except BadCredentials:
            self._log.note_wrong_password(self._database, login.email, visitor_of(request))
            return {"password": WRONG_PASSWORD}
        return {}

    async def _form(self, request: Request, wrong: dict[str, str]) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[bytes | None, Login]:
            secret = await self._second.pending_secret(tx, viewer)
            return secret, await self._logins.require(tx, viewer)

        secret, login = await self._database.read(unit)
        if secret is None:
            return redirect(SECURITY)
        uri = otpauth_uri(secret, issuer=self._issuer, name=login.email)
        text = base32_of(secret)
        return await self._page(
            request,
            "access/totp.html",
            wrong,
            action=TOTP,
            email=login.email,
            code=request.text("code") or "",
            qr_code=_drawn(uri),
            secret=" ".join(text[start : start + 4] for start in range(0, len(text), 4)),
            uri=uri,
        )

    async def _ask(self, request: Request, what: str, wrong: dict[str, str]) -> Reply:
        if not await self._database.read(self._second.is_on, request.require_viewer()):
            return redirect(SECURITY)  # there is no app to remove, and no codes to renew
        return await self._page(
            request, "access/totp_ask.html", wrong, action=f"{TOTP}/{what}", what=what
        )

    async def _codes(self, request: Request, codes: list[str], *, is_new: bool) -> Reply:
        return await self._page(
            request, "access/recovery_codes.html", {}, codes=codes, is_new=is_new
        )

    async def _page(
        self, request: Request, template: str, wrong: dict[str, str], **values: Any
    ) -> Reply:
        me = await self._database.read(self._me, request.require_viewer())
        return self._renderer.render(
            request,
            template,
            status=422 if wrong else 200,
            viewer=me,
            back=SECURITY,
            wrong=wrong,
            **values,
        )


def _drawn(text: str) -> Markup:
    """A QR code as SVG without styles, which the policy of pages would refuse."""
    library: Any = import_module("segno")
    drawn = library.make(text, error="m", micro=False).svg_inline(
        scale=5, border=4, light="#fff", svgclass=None, lineclass=None, svgversion=2.0
    )
    return Markup(drawn)  # noqa: S704  (made here, of nothing but numbers)
