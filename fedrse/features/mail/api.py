"""Client API: asking for somebody's posts by mail (Mastodon 4.6, ``accounts``)."""

from __future__ import annotations

from fedrse.core.errors import Invalid
from fedrse.features.mail.model import ENDPOINT, checked_address
from fedrse.features.mail.service import Subscriptions, Wish
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database

_ERRORS = {"email_blank": ("ERR_BLANK", "can't be blank")}
_INVALID = ("ERR_INVALID", "is invalid")


class SubscriptionsApi:
    """Handlers; whoever asks needs no account."""

    def __init__(self, *, database: Database, subscriptions: Subscriptions) -> None:
        self._database = database
        self._subscriptions = subscriptions

    def routes(self) -> list[Route]:
        """The address of this interface."""
        api, anyone = Surface.API, Auth.OPTIONAL
        return [Route("POST", ENDPOINT, self.ask, api, anyone, limit=Limit.LOGIN)]

    async def ask(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/email_subscriptions``; the same answer for every address."""
        try:
            email = checked_address(request.text("email") or "")
        except Invalid as error:
            await self._database.read(self._subscriptions.access_author, request.path_id())
            kind, description = _ERRORS.get(error.code, _INVALID)
            details = {"email": [{"error": kind, "description": description}]}
            return json_reply({"error": error.message, "details": details}, status=error.status)
        wish = Wish(request.path_id(), email, request.language, request.address)
        await self._database.write(self._subscriptions.ask, wish)
        return json_reply({})
