"""Signed fetches of ActivityPub documents: one request per address at a time, identity checked.

Every GET is signed (authorised fetch), by the instance actor unless a person asks. Where the
signature is not understood, the other scheme is tried once and remembered; actors and keys may then
be asked for without any signature, since two sites that both demand one could never meet.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from msgspec import Struct

from fedrse.activitypub.alterations import Change, altered
from fedrse.activitypub.border import DENIED, Control, Passage
from fedrse.activitypub.documents import (
    ACCEPT,
    authors_of,
    is_activity_media_type,
    is_actor,
    is_tombstone,
    speaks_for_author,
)
from fedrse.activitypub.envelopes import Direction
from fedrse.activitypub.extraction import FETCH, envelope_of
from fedrse.activitypub.peers import PeerNames, PeerRules, Scheme, other_scheme
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import BadRequest, FedrseError, Forbidden, TooLarge
from fedrse.core.json_input import load_json_object
from fedrse.core.trace import HEADER, current, traceparent
from fedrse.core.urls import BadUrl, Url, parse_url, same_origin
from fedrse.net.client import GuardedClient, Headers, Response
from fedrse.net.errors import HostBusy, NetworkFailure
from fedrse.net.expiring import ExpiringMap
from fedrse.net.host_state import HostState

_UNREACHABLE_LIFETIME: Final = MINUTE
_MOST_FAILURES: Final = 10_000


class FetchFailed(FedrseError):
    """A document could not be had.

    ``temporary``: it may work later. ``gone``: its origin says that it exists no more (410 or
    Tombstone). ``missing``: its origin says that it does not exist (404, 410 or Tombstone).
    """

    status = 502

    def __init__(
        self, code: str, message: str, uri: str, *, temporary: bool = False, missing: bool = False
    ) -> None:
        super().__init__(code, message, uri=uri[:500])
        self.temporary = temporary
        self.gone = code == "fetch_gone"
        self.missing = missing or self.gone


class Fetched(Struct, frozen=True):
    """A document from its own origin. ``uri`` is its id, ``host`` the peer of it."""

    uri: str
    host: str
    document: Json


class _Ask(NamedTuple):
    """How insistently a document is asked for; see ``DocumentClient.fetch``."""

    unsigned_retry: bool
    ask_again: bool
    signer: int | None = None


class DocumentClient:
    """Fetches documents; one per process."""

    def __init__(
        self,
        *,
        client: GuardedClient,
        state: HostState,
        keys: KeyRing,
        signer: RequestSigner,
        names: PeerNames,
        rules: PeerRules,
        clock: Clock,
        control: Control | None = None,
    ) -> None:
        self._client = client
        self._state = state
        self._keys = keys
        self._signer = signer
        self._names = names
        self._rules = rules
        self._control = control
        self._running: dict[tuple[str, _Ask], asyncio.Task[Fetched]] = {}
        self._failures: ExpiringMap[str, FetchFailed] = ExpiringMap(
            clock, max_entries=_MOST_FAILURES
        )

    async def fetch(
        self, uri: str, *, unsigned_retry: bool = False, ask_again: bool = False
    ) -> Fetched:
        """The document at an address, from the origin of its own id.

        ``unsigned_retry`` for actors and keys. ``ask_again`` asks although it failed a short while
        ago. Raises FetchFailed.
        """
        address = uri.partition("#")[0]
        known = None if ask_again else self._failures.get(address)
        if known is not None:
            raise known.with_traceback(None)
        key = (address, _Ask(unsigned_retry=unsigned_retry, ask_again=ask_again))
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._fetch(*key))
            task.add_done_callback(lambda done: self._ended(key, done))
        # Shielded: others may wait for the same document.
        return await asyncio.shield(task)

    async def fetch_list(self, address: str, *, signer: int | None = None) -> Json:
        """A collection or a page of one, which only lists things that have ids of their own.

        Its own id does not matter, but it must come from the origin that was asked. ``signer`` is
        somebody of this site who asks, where the answer depends on that; else the site asks.
        Raises FetchFailed.
        """
        ask = _Ask(unsigned_retry=False, ask_again=True, signer=signer)
        document, final, _ = await self._document(address, ask)
        if not same_origin(address, final):
            raise FetchFailed("fetch_foreign_id", "The list is of another origin.", address)
        return document

    def admit(self, document: Json, host: str) -> Json:
        """What a list shows without its being fetched, as the policy lets it in.

        ``host`` is the peer of the list. Raises FetchFailed where it is refused.
        """
        return self._admitted(id_of(document) or "", host, document, "")

    def _ended(self, key: tuple[str, _Ask], done: asyncio.Task[Fetched]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # read, also where everybody who waited has gone

    async def _fetch(self, address: str, ask: _Ask) -> Fetched:
        try:
            return await self._identified(address, ask)
        except FetchFailed as error:
            # Asking too much is no failure of the other site: the next moment may have room.
            if error.temporary and error.code != HostBusy.CODE:
                self._failures.put(address, error, lifetime=_UNREACHABLE_LIFETIME)
            raise

    async def _identified(self, address: str, ask: _Ask) -> Fetched:
        document, final, answered_from = await self._document(address, ask)
        identifier = id_of(document)
        if identifier is None or "id" not in document:
            raise FetchFailed("fetch_no_id", "The document has no id.", address)
        if identifier.partition("#")[0] != final:
            if not same_origin(identifier, final):
                raise FetchFailed("fetch_foreign_id", "The id is of another origin.", address)
            # Where it was found is not its address: ask once at the one it claims.
            document, final, answered_from = await self._document(identifier, ask)
            if id_of(document) != identifier or final != identifier.partition("#")[0]:
                raise FetchFailed("fetch_wrong_id", "The id is not the document's.", address)
        if is_tombstone(document):
            raise FetchFailed("fetch_gone", "It was deleted.", address)
        if not speaks_for_author(document):
            raise FetchFailed("fetch_foreign_author", "The author is of another origin.", address)
        host = self._names.of(identifier)
        admitted = self._admitted(
            identifier, host, document, answered_from, proves=ask.unsigned_retry
        )
        return Fetched(identifier, host, admitted)

    def _admitted(
        self, identifier: str, host: str, document: Json, address: str, *, proves: bool = False
    ) -> Json:
        """The document as the policy lets it in. Raises FetchFailed where it does not.

        ``proves``: asked for to prove who sends a message. Without it nothing could be held in
        quarantine of people who are not known, so it comes in with name and key, bare of the rest.
        """
        if self._control is None:
            return document
        role, software = self._control.peer(host)
        actor = identifier if is_actor(document) else next(iter(authors_of(document)), "")
        envelope = envelope_of(
            document,
            direction=Direction.IN,
            host=host,
            actor=actor,
            kind=FETCH,
            role=role,
            software=software,
            address=address,
        )
        passage = self._control.incoming(envelope, ("", identifier))
        if passage is None:
            return document
        if proves and passage.held:
            return altered(document, passage.changes | Change.NO_MEDIA | Change.NO_HTML)
        _check_passage(passage, identifier)
        return altered(document, passage.changes)

    async def _document(self, address: str, ask: _Ask) -> tuple[Json, str, str]:
        """A JSON document of the right media type, where it was in the end, and from which IP."""
        try:
            response = await self._knock(address, ask)
        except BadUrl as error:
            raise FetchFailed("fetch_bad_address", error.message, address) from error
        except Forbidden as error:
            raise FetchFailed("fetch_not_allowed", error.message, address) from error
        except NetworkFailure as error:
            raise FetchFailed(
                error.code, error.message, address, temporary=error.temporary
            ) from error
        _check_status(response, address)
        if not is_activity_media_type(response.headers.get("content-type", "")):
            raise FetchFailed("fetch_media_type", "It is not an ActivityPub document.", address)
        try:
            return load_json_object(response.body), response.final_url, response.address
        except (BadRequest, TooLarge) as error:
            raise FetchFailed("fetch_bad_json", error.message, address) from error

    async def _knock(self, address: str, ask: _Ask) -> Response:
        host = parse_url(address, self._names.rules).origin.peer
        self._rules.check_inbound(host)  # what is fetched comes in
        if self._control is not None:
            passage = self._control.may_fetch(host, address)
            if passage is not None:
                _check_passage(passage, address)
        remembered = self._state.signature_scheme(host)
        scheme = Scheme(remembered) if remembered else self._rules.best_scheme(host)
        response = await self._get(address, scheme, ask)
        if response.status in {401, 403} and not response.remembered:
            other = other_scheme(scheme)
            ask = ask._replace(ask_again=True)
            again = await self._get(address, other, ask)
            if again.status in {401, 403}:
                again = await self._last_try(address, scheme, again, ask)
            elif again.status < 300:
                self._state.remember_signature_scheme(host, other)
            response = again
        return response

    async def _last_try(
        self,
        address: str,
        scheme: Scheme,
        response: Response,
        ask: _Ask,
    ) -> Response:
        path, mark, _ = address.partition("?")
        if mark:
            # Some sign and verify the path only.
            response = await self._get(address, scheme, ask, signed_as=path)
        if response.status in {401, 403} and ask.unsigned_retry:
            response = await self._client.get(address, accept=ACCEPT, ask_again=True)
        return response

    async def _get(
        self, address: str, scheme: Scheme, ask: _Ask, *, signed_as: str | None = None
    ) -> Response:
        keys = await (self._keys.of_instance() if ask.signer is None else self._keys.of(ask.signer))

        async def sign(method: str, url: Url, headers: Headers, _body: bytes) -> Headers:
            if signed_as is not None:
                url = parse_url(signed_as, self._names.rules)
            signed = {**headers, **await self._signer.sign(keys, scheme, method, url)}
            trace = current.get()
            return {**signed, HEADER: traceparent(trace)} if trace else signed

        return await self._client.get(address, accept=ACCEPT, signer=sign, ask_again=ask.ask_again)


def _check_passage(passage: Passage, address: str) -> None:
    if passage.denied:
        raise FetchFailed(DENIED, "A rule of this site does not let this in.", address)
    if passage.retry_after:
        raise FetchFailed(DENIED, "A rule lets in less in this time.", address, temporary=True)


def _check_status(response: Response, address: str) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    message = f"The other site answers {status}."
    if status == 410:
        raise FetchFailed("fetch_gone", message, address)
    if status == 404:
        raise FetchFailed("fetch_missing", message, address, missing=True)
    temporary = status >= 500 or status in {408, 425, 429}
    raise FetchFailed(f"fetch_status_{status}", message, address, temporary=temporary)
