"""The addresses where other servers deliver, and who signed a fetch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.activitypub.inbox import MAX_BODY, Inbox
from fedrse.activitypub.quotas import caused_by, knocking
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.activitypub.verification import Verifier
from fedrse.core.errors import FedrseError
from fedrse.core.urls import Origin
from fedrse.features.instance.model_signed_fetch import Signer
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface

Addressee = Callable[[int], Awaitable[None]]
"""Raises NotFound where nobody of this site has this id, Gone where somebody had."""


def signed_request(request: Request, origins: tuple[Origin, ...]) -> SignedRequest:
    """What was signed: the request as it came, at one of our public origins."""
    return SignedRequest.received(
        request.method,
        request.target,
        request.headers,
        request.body,
        origins=origins,
        certificate=request.certificate,
    )


class InboxApi:
    """Every inbox takes messages for everybody here: what counts is in the message."""

    def __init__(self, inbox: Inbox, origins: tuple[Origin, ...], *, addressee: Addressee) -> None:
        self._inbox = inbox
        self._origins = origins
        self._addressee = addressee

    async def receive(self, request: Request) -> Reply:
        """``POST /inbox``, and of people: 202 once the message is on disk.

        404 and 410 tell other sites that they need not try an inbox of nobody again.
        """
        if "id" in request.values:
            await self._addressee(request.path_id())
        signed = signed_request(request, self._origins)
        try:
            await self._inbox.receive(signed, request.address)
        except FedrseError as error:
            self._inbox.note_refusal(signed, error)
            raise
        return Reply(status=202)

    def routes(self) -> list[Route]:
        """The shared inbox, the instance actor's and everybody's."""
        return [
            Route(
                "POST",
                path,
                self.receive,
                Surface.ACTIVITYPUB,
                Auth.PUBLIC,
                # The inbox counts by proved peer: an address may stand for many.
                limit=Limit.NONE,
                body_limit=MAX_BODY,
                csrf=False,
            )
            for path in ("/inbox", "/actor/inbox", "/ap/u/{id}/inbox")
        ]


class SignedFetches:
    """``SignedFetch`` over the verifier of the protocol."""

    def __init__(self, verifier: Verifier, origins: tuple[Origin, ...]) -> None:
        self._verifier = verifier
        self._origins = origins

    async def __call__(self, request: Request) -> Signer:
        """See ``SignedFetch``."""
        with caused_by(knocking(request.address)):
            proved = await self._verifier.signer_of(signed_request(request, self._origins))
        request.signed_by = proved.host
        return Signer(actor=proved.actor, host=proved.host)
