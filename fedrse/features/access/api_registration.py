"""Client API: signing up, and the mail that confirms (Mastodon API ``accounts``, ``emails``)."""

from __future__ import annotations

from fedrse.core.errors import NotFound
from fedrse.features.access.model_registration import Problem, Wish, WishRefused
from fedrse.features.access.service_registration import Registrations, not_waiting
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class RegistrationApi:
    """Handlers; what is wrong with a wish is told field by field."""

    def __init__(self, *, database: Database, registrations: Registrations) -> None:
        self._database = database
        self._registrations = registrations

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api, emails = Surface.API, "/api/v1/emails"
        return [
            Route(
                "POST",
                "/api/v1/accounts",
                self.register,
                api,
                Auth.APP,
                ("write:accounts",),
                limit=Limit.LOGIN,
            ),
            Route(
                "POST",
                f"{emails}/confirmations",
                self.resend,
                api,
                Auth.USER,
                limit=Limit.LOGIN,
                newcomers=True,
            ),
            Route(
                "GET",
                f"{emails}/check_confirmation",
                self.check,
                api,
                Auth.USER,
                newcomers=True,
            ),
        ]

    async def register(self, request: Request) -> Reply:
        """``POST /api/v1/accounts``, with the token of an application."""
        app_id = None if request.principal is None else request.principal.app_id
        if app_id is None:
            raise NotFound
        try:
            issued = await self._registrations.register(
                self._database, app_id, request.bind(Wish), address=request.address
            )
        except WishRefused as error:
            return json_reply(
                {
                    "error": error.message,
                    "error_code": error.code,
                    "details": _details(error.problems),
                },
                status=error.status,
            )
        return json_reply(
            {
                "access_token": issued.token,
                "token_type": "Bearer",
                "scope": " ".join(issued.scopes),
                "created_at": issued.created_at,
            },
            headers=_NO_STORE,
        )

    async def resend(self, request: Request) -> Reply:
        """``POST /api/v1/emails/confirmations``."""
        waiting = self._waiting(request)
        if waiting is None:
            raise not_waiting()
        email = request.text("email")
        await self._database.write(self._registrations.resend, waiting, email)
        return json_reply({})

    async def check(self, request: Request) -> Reply:
        """``GET /api/v1/emails/check_confirmation``: true once the address is confirmed."""
        waiting = self._waiting(request)
        if waiting is None:
            return json_reply(True)
        known = await self._database.read(self._registrations.by_id, waiting)
        return json_reply(known is None or known.confirmed_at is not None)

    def _waiting(self, request: Request) -> int | None:
        return None if request.principal is None else request.principal.registration_id


def _details(problems: tuple[Problem, ...]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for one in problems:
        found.setdefault(one.field, []).append({"error": one.error, "description": one.description})
    return found
