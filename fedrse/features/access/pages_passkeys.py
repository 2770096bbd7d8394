"""Passkeys on pages: signing in with one, adding and removing them."""

from __future__ import annotations

import structlog

from fedrse.core.errors import FedrseError, Forbidden, NotFound
from fedrse.core.ids import parse_id
from fedrse.features.access.model import BadCredentials
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.access.model_passkeys import PasskeyRefused
from fedrse.features.access.model_security import Happened
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_door import let_in, step_of, visitor_of, with_step
from fedrse.features.access.pages_security import SECURITY, WRONG_PASSWORD
from fedrse.features.access.service import Logins
from fedrse.features.access.service_entrance import Entered, Entrance
from fedrse.features.access.service_passkeys import Begun, Passkeys
from fedrse.features.access.service_steps import StepOver
from fedrse.http.reply import Reply, json_reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

ENTER = "/login/passkey"
ADD = f"{SECURITY}/passkeys"
COOKIE = "passkey"
log = structlog.get_logger(__name__)
_REFUSED = translatable("This passkey was not accepted. Sign in with your password.")
_NOT_ADDED = translatable("The passkey could not be added. Please try again.")


class PasskeyPages:
    """``/login/passkey`` and ``/settings/security/passkeys``."""

    def __init__(
        self,
        *,
        database: Database,
        logins: Logins,
        passkeys: Passkeys,
        entrance: Entrance,
        sign_in: SignInPages,
        me: Me,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._logins = logins
        self._passkeys = passkeys
        self._entrance = entrance
        self._sign_in = sign_in
        self._me = me
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages; none where browsers permit no passkeys."""
        if not self._passkeys.is_on:
            return []
        page, anyone, user, limit = Surface.PAGE, Auth.OPTIONAL, Auth.USER, Limit.LOGIN
        return [
            Route("POST", f"{ENTER}/options", self.begin_entering, page, anyone, limit=limit),
            Route("POST", ENTER, self.enter, page, anyone, limit=limit),
            Route("GET", ADD, self.show, page, user),
            Route("POST", f"{ADD}/options", self.begin_adding, page, user, limit=limit),
            Route("POST", ADD, self.add, page, user, limit=limit),
            Route("POST", f"{ADD}/remove", self.remove, page, user),
        ]

    async def begin_entering(self, request: Request) -> Reply:
        """``POST /login/passkey/options``, by the script of the sign-in page."""
        return _options(request, await self._database.write(self._passkeys.begin_entering))

    async def enter(self, request: Request) -> Reply:
        """``POST /login/passkey``."""
        target, visitor = safe_next(request.text("next")), visitor_of(request)
        token, credential = step_of(request, COOKIE), request.text("credential") or ""

        async def unit(tx: Transaction) -> Entered:
            proved = await self._passkeys.check(tx, token, credential)
            entered = await self._entrance.enter(
                tx, proved.account_id, visitor, Happened.SIGNED_IN_PASSKEY, detail=proved.name
            )
            await self._sign_in.end_session(tx, request)
            return entered

        try:
            entered = await self._database.write(unit)
        except (PasskeyRefused, StepOver, Forbidden) as error:
            _log_why(error)
            return await self._sign_in.form(request, target, error=_REFUSED)
        return let_in(request, entered, target)

    async def show(self, request: Request) -> Reply:
        """``GET .../passkeys``: the form for a new one."""
        return await self._form(request)

    async def begin_adding(self, request: Request) -> Reply:
        """``POST .../passkeys/options``, by the script of the page: the password, then a key."""
        viewer, visitor = request.require_viewer(), visitor_of(request)
        login = await self._database.read(self._logins.require, viewer)
        try:
            await self._logins.authenticate(
                self._database, login.email, request.text("password") or ""
            )
        except BadCredentials:
            self._entrance.log.note_wrong_password(self._database, login.email, visitor)
            words = self._renderer.languages.gettext(request.language, WRONG_PASSWORD)
            return json_reply({"error": words, "field": "password"}, status=422)

        async def unit(tx: Transaction) -> Begun:
            me = await self._me(tx, viewer)
            return await self._passkeys.begin_adding(
                tx, viewer, name=login.email, display_name=me.name
            )

        return _options(request, await self._database.write(unit))

    async def add(self, request: Request) -> Reply:
        """``POST .../passkeys``."""
        viewer, visitor = request.require_viewer(), visitor_of(request)
        token, credential = step_of(request, COOKIE), request.text("credential") or ""
        name = request.text("name") or ""

        async def unit(tx: Transaction) -> None:
            await self._passkeys.add(tx, viewer, token, credential, name=name, visitor=visitor)

        try:
            await self._database.write(unit)
        except (PasskeyRefused, StepOver) as error:
            _log_why(error)
            return await self._form(request, error=_NOT_ADDED)
        return redirect(f"{SECURITY}?done=passkey")

    async def remove(self, request: Request) -> Reply:
        """``POST .../passkeys/remove``."""
        passkey_id = parse_id(request.text("passkey"))
        if passkey_id is None:
            raise NotFound
        await self._database.write(
            self._passkeys.remove, request.require_viewer(), passkey_id, visitor_of(request)
        )
        return redirect(f"{SECURITY}?done=passkey-removed")

    async def _form(self, request: Request, *, error: str = "") -> Reply:
        me = await self._database.read(self._me, request.require_viewer())
        return self._renderer.render(
            request,
            "access/add_passkey.html",
            status=422 if error else 200,
            viewer=me,
            action=ADD,
            back=SECURITY,
            name=(request.text("name") or "")[:100],
            error=error,
        )


def _log_why(error: FedrseError) -> None:
    """People read one sentence for everything; the operator sees what it was."""
    log.info("passkey_not_accepted", code=error.code, **error.details)


def _options(request: Request, begun: Begun) -> Reply:
    return with_step(request, json_reply(begun.options), begun.token, COOKIE)
