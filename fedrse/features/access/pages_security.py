"""One's own security: password, passkeys, second step, and what happened lately."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.features.access.model import BadCredentials, Login
from fedrse.features.access.model_passkeys import PasskeyInfo
from fedrse.features.access.model_security import Happened, SecurityEvent
from fedrse.features.access.pages_door import visitor_of
from fedrse.features.access.service import Logins
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_passkeys import Passkeys
from fedrse.features.access.service_second_factor import SecondFactors, SecondFactorState
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

SECURITY = "/settings/security"
PASSWORD = f"{SECURITY}/password"
WRONG_PASSWORD = translatable("This is not your password.")
WEAK = {
    "password_short": translatable("Too short: it needs at least ten characters."),
    "password_long": translatable("Too long: 256 characters are the most."),
    "password_simple": translatable(
        "Too easy to guess. Some words that have nothing to do with each other are a good one."
    ),
    "password_name": translatable(
        "It consists of your name, your address or the name of this site."
    ),
}
TWO_DIFFERENT = translatable("The two are not the same.")
_DONE = {
    "password": translatable("Your password is changed."),
    "totp-off": translatable("Your authenticator app is asked for no more."),
    "passkey": translatable("The passkey is added: you can sign in with it now."),
    "passkey-removed": translatable("The passkey is removed."),
}


class _Seen(Struct, frozen=True):
    me: Person
    factors: SecondFactorState
    events: list[SecurityEvent]
    passkeys: list[PasskeyInfo]


class SecurityPages:
    """``/settings/security`` and the page for a new password."""

    def __init__(
        self,
        *,
        database: Database,
        logins: Logins,
        second: SecondFactors,
        passkeys: Passkeys,
        letters: Letters,
        log: SecurityLog,
        me: Me,
        renderer: Renderer,
    ) -> None:
        self._passkeys = passkeys
        self._letters = letters
        self._database = database
        self._logins = logins
        self._second = second
        self._log = log
        self._me = me
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", SECURITY, self.show, page, user),
            Route("GET", PASSWORD, self.ask_password, page, user),
            Route(
                "POST",
                PASSWORD,
                self.change_password,
                page,
                user,
                limit=Limit.LOGIN,
                open_to=Held.FROZEN,
            ),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/security``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Seen:
            return _Seen(
                await self._me(tx, viewer),
                await self._second.state(tx, viewer),
                await self._log.of_account(tx, viewer),
                await self._passkeys.of_account(tx, viewer),
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "access/security.html",
            viewer=seen.me,
            path=SECURITY,
            factors=seen.factors,
            events=seen.events,
            passkeys=seen.passkeys,
            has_passkeys=self._passkeys.is_on,
            done=_DONE.get(request.text("done") or "", ""),
        )

    async def ask_password(self, request: Request) -> Reply:
        """``GET .../password``."""
        return await self._password_form(request, {})

    async def change_password(self, request: Request) -> Reply:
        """``POST .../password``."""
        viewer, new = request.require_viewer(), request.text("new") or ""
        login, me = await self._database.read(self._person, viewer)
        wrong, password_hash = await self._judge(request, login, me, new)
        if wrong:
            return await self._password_form(request, wrong)
        principal = request.principal

        async def unit(tx: Transaction) -> None:
            await self._logins.set_password(
                tx,
                viewer,
                password_hash,
                keep_session=0 if principal is None else principal.session_id or 0,
                keep_sessions=not request.text("end_sessions"),
                keep_apps=not request.text("end_apps"),
            )
            await self._log.note(tx, viewer, Happened.PASSWORD_CHANGED, visitor_of(request))
            await self._letters.password_changed(tx, viewer)

        await self._database.write(unit)
        return redirect(f"{SECURITY}?done=password")

    async def _person(self, tx: Transaction, viewer: int) -> tuple[Login, Person]:
        return await self._logins.require(tx, viewer), await self._me(tx, viewer)

    async def _judge(
        self, request: Request, login: Login, me: Person, new: str
    ) -> tuple[dict[str, str], str]:
        """What is wrong with the form by field, else the hash of the new password."""
        wrong: dict[str, str] = {}
        try:
            await self._logins.authenticate(
                self._database, login.email, request.text("current") or ""
            )
        except BadCredentials:
            self._log.note_wrong_password(self._database, login.email, visitor_of(request))
            wrong["current"] = WRONG_PASSWORD
        names = (login.username, login.email, me.name)
        password_hash = ""
        try:
            password_hash = await self._logins.prepare_password(new, names=names)
        except Invalid as error:
            wrong["new"] = WEAK.get(error.code, WEAK["password_simple"])
        if not wrong and new != (request.text("again") or ""):
            wrong["again"] = TWO_DIFFERENT
        return wrong, password_hash

    async def _password_form(self, request: Request, wrong: dict[str, str]) -> Reply:
        login, me = await self._database.read(self._person, request.require_viewer())
        return self._renderer.render(
            request,
            "access/change_password.html",
            status=422 if wrong else 200,
            viewer=me,
            action=PASSWORD,
            back=SECURITY,
            email=login.email,
            wrong=wrong,
            end_sessions=not wrong or bool(request.text("end_sessions")),
            end_apps=bool(request.text("end_apps")),
        )
