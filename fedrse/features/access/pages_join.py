"""Signing up on a page: with an invitation, by approval, or where it is open."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.core.errors import TooMany
from fedrse.core.settings_mail import RegistrationMode, RegistrationSettings
from fedrse.features.access.model_registration import Problem, Wish, WishRefused
from fedrse.features.access.pages_security import TWO_DIFFERENT, WEAK
from fedrse.features.access.service_oauth import JOIN_PAGE, OAuth
from fedrse.features.access.service_registration import Registrations
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

JOIN = "/join"
_WORDS = {
    ("username", "ERR_TAKEN"): translatable("This name is taken. Choose another one."),
    ("username", "ERR_RESERVED"): translatable("This name is kept for the site. Choose another."),
    ("username", "ERR_TOO_LONG"): translatable("Too long: 30 characters are the most."),
    ("username", "ERR_INVALID"): translatable("Letters, digits, dots, - and _ only."),
    ("email", "ERR_INVALID"): translatable("This is no e-mail address."),
    ("email", "ERR_BLOCKED"): translatable("Addresses of this domain cannot be used here."),
    ("password", "ERR_TOO_SHORT"): WEAK["password_short"],
    ("password", "ERR_TOO_LONG"): WEAK["password_long"],
    ("password", "ERR_INVALID"): WEAK["password_simple"],
    ("reason", "ERR_TOO_LONG"): translatable("Too long: 420 characters are the most."),
    ("agreement", "ERR_ACCEPTED"): translatable("Without this there is no account."),
    ("invite_code", "ERR_INVALID"): translatable(
        "This invitation is good no more. Ask whoever gave it to you for a new one."
    ),
    ("date_of_birth", "ERR_BELOW_LIMIT"): translatable("You are too young for this site."),
    ("date_of_birth", "ERR_INVALID"): translatable("This is no date."),
}
_BLANK = translatable("Please fill this in.")
_OFTEN = translatable("Too many tries. Please wait half an hour.")
_LONGEST = 1000


class JoinPages:
    """``/join``."""

    def __init__(
        self,
        *,
        database: Database,
        registrations: Registrations,
        oauth: OAuth,
        settings: RegistrationSettings,
        renderer: Renderer,
        sends_mail: bool,
    ) -> None:
        self._database = database
        self._registrations = registrations
        self._oauth = oauth
        self._settings = settings
        self._renderer = renderer
        self._sends_mail = sends_mail

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        page, anyone = Surface.PAGE, Auth.OPTIONAL
        return [
            Route("GET", JOIN, self.show, page, anyone),
            Route("POST", JOIN, self.sign_up, page, anyone, limit=Limit.LOGIN),
            Route("GET", f"{JOIN}/done", self.done, page, anyone),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /join``, with ``?invite=...`` in the link of an invitation."""
        if request.viewer is not None:
            return redirect("/")
        return self._form(request, Wish(invite_code=request.text("invite") or ""), {})

    async def sign_up(self, request: Request) -> Reply:
        """``POST /join``."""
        wish = Wish(
            username=_typed(request, "username"),
            email=_typed(request, "email"),
            password=request.text("password") or "",
            agreement=bool(request.text("agreement")),
            locale=request.language,
            reason=_typed(request, "reason"),
            date_of_birth=_typed(request, "date_of_birth"),
            invite_code=_typed(request, "invite_code"),
        )
        if self._is_closed and not wish.invite_code:
            return self._form(request, wish, {"invite_code": _BLANK})
        if wish.password != (request.text("again") or ""):
            return self._form(request, wish, {"again": TWO_DIFFERENT})
        app = await self._database.write(self._oauth.own_app, JOIN_PAGE)
        try:
            await self._registrations.register(
                self._database, app.id, wish, address=request.address
            )
        except WishRefused as error:
            return self._form(request, wish, _by_field(error.problems))
        except TooMany:
            return self._form(request, wish, {}, error=_OFTEN)
        return redirect(f"{JOIN}/done")

    async def done(self, request: Request) -> Reply:
        """``GET /join/done``: what comes now."""
        return self._renderer.render(
            request,
            "access/joined.html",
            sends_mail=self._sends_mail,
            by_approval=self._settings.mode is RegistrationMode.APPROVAL,
        )

    @property
    def _is_closed(self) -> bool:
        return self._settings.mode is RegistrationMode.CLOSED

    def _form(
        self, request: Request, wish: Wish, wrong: dict[str, str], *, error: str = ""
    ) -> Reply:
        approval = self._settings.mode is RegistrationMode.APPROVAL
        return self._renderer.render(
            request,
            "access/join.html",
            status=422 if wrong else 429 if error else 200,
            action=JOIN,
            wish=wish,
            wrong=wrong,
            error=error,
            closed=self._is_closed,
            message=self._settings.message or "",
            asks_reason=approval and not wish.invite_code,
            reason_required=self._settings.reason_required,
            asks_birth=bool(self._settings.minimum_age),
            domains=self._settings.email_domains,
        )


def _typed(request: Request, name: str) -> str:
    return (request.text(name) or "").strip()[:_LONGEST]


def _by_field(problems: Sequence[Problem]) -> dict[str, str]:
    """The first problem of each field, as a message id."""
    found: dict[str, str] = {}
    for one in problems:
        found.setdefault(one.field, _WORDS.get((one.field, one.error), _BLANK))
    return found
