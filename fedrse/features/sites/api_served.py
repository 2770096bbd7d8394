"""The last gate of documents that other sites fetch here: the policy sees each before it goes.

Who asks is known where a request is signed (``SignedFetches``); documents that everybody may read
without a signature say nothing about who reads them, so no rule is asked about those.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import DecodeError
from msgspec.json import Decoder
from msgspec.structs import replace

from fedrse.activitypub.alterations import altered
from fedrse.activitypub.border import DENIED, Control
from fedrse.activitypub.envelopes import Direction
from fedrse.activitypub.extraction import FETCH, envelope_of
from fedrse.activitypub.vocabulary import ACTOR_TYPES, Json, id_of, type_of
from fedrse.core.errors import Forbidden, TooMany
from fedrse.http.reply import Reply, encode_json
from fedrse.http.request import Request
from fedrse.http.routes import Answer, Handler, Route, Surface

_decode = Decoder(Json).decode


class ServedDocuments:
    """Wraps the handlers of documents."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def guarded(self, routes: Iterable[Route]) -> list[Route]:
        """The same routes; those that answer other sites ask the policy about their answer."""
        return [
            replace(route, handler=self._guarded(route.handler))
            if route.surface is Surface.ACTIVITYPUB and route.method == "GET"
            else route
            for route in routes
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Answer:
            reply = await handler(request)
            if request.signed_by and isinstance(reply, Reply) and reply.status == 200:
                self._look(request.signed_by, reply, request.address)
            return reply

        return answer

    def _look(self, host: str, reply: Reply, asked_from: str) -> None:
        """Alters the reply where a rule says so. Raises Forbidden or TooMany."""
        try:
            document = _decode(reply.body)
        except DecodeError:
            return  # not a document
        role, software = self._control.peer(host)
        address = id_of(document) or ""
        author = (
            address if type_of(document) in ACTOR_TYPES else id_of(document.get("attributedTo"))
        )
        envelope = envelope_of(
            document,
            direction=Direction.OUT,
            host=host,
            actor=author or "",
            kind=FETCH,
            size=len(reply.body),
            role=role,
            software=software,
            address=asked_from,
        )
        passage = self._control.served(envelope, address)
        if passage is None:
            return
        if passage.denied:
            raise Forbidden(DENIED, "The policy of this site does not show you this.", host=host)
        if passage.retry_after:
            raise TooMany(
                DENIED, "The policy of this site shows less.", retry_after=passage.retry_after
            )
        if passage.changes:
            reply.body = encode_json(altered(document, passage.changes))
