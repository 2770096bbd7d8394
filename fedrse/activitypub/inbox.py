"""The inbox: checks what other sites send and stores it durably, before it is processed.

The order is that of cost: limits of size and type, rules about the peer, the JSON, and only then
the signature. Nothing of a message is believed before it is proved, and what is answered with 202
is on disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import lru_cache
from typing import Final

import structlog
from msgspec import Struct

from fedrse.activitypub.border import DENIED, DENIED_SENTENCE, Control, Passage, treatment_text
from fedrse.activitypub.documents import is_activity_media_type
from fedrse.activitypub.envelopes import Direction
from fedrse.activitypub.extraction import envelope_of
from fedrse.activitypub.http_signatures import parse_signature
from fedrse.activitypub.intake import PENDING, Entry, Intake
from fedrse.activitypub.peers import PeerNames, PeerRate, PeerRules, is_of_origin
from fedrse.activitypub.quotas import caused_by, knocking
from fedrse.activitypub.remote_keys import KeyUnreachable, RemoteKeys
from fedrse.activitypub.signed_request import ParsedSignature, SignedRequest
from fedrse.activitypub.verification import ProvedSigner, Verifier
from fedrse.activitypub.vocabulary import LONGEST_ID, Json, id_of, type_of
from fedrse.core.errors import (
    BadRequest,
    FedrseError,
    Forbidden,
    TooLarge,
    TooMany,
    Unauthenticated,
    UnsupportedMedia,
)
from fedrse.core.json_input import load_json_object
from fedrse.core.urls import BadUrl
from fedrse.store.database import Transaction

MAX_BODY: Final = 1_048_576
LONGEST_TYPE: Final = 64
SYNCHRONIZATION: Final = "Collection-Synchronization"
_LONGEST_SYNCHRONIZATION: Final = 8192
# Types that other software forwards without a proof; what they are about is fetched instead.
_HINTS: Final = frozenset({"Create", "Update", "Delete"})
log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a message; all of them are answered with 202."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    DROPPED = "dropped"  # a Delete of somebody we never heard of
    HINT = "hint"  # not proved by its actor: its object will be fetched from its origin


class _Activity(Struct, frozen=True):
    """What intake reads of an activity; the rest is for the handlers."""

    id: str
    type: str
    actor: str
    host: str
    object_id: str | None
    document: Json

    @property
    def deletes_its_actor(self) -> bool:
        return self.type == "Delete" and self.object_id == self.actor


class InboxHooks(Struct, frozen=True):
    """Work that features and jobs do for the inbox.

    ``is_gone(uri)``: asks the origin whether this actor exists no more (410). ``hint(tx, uri,
    deleted, host)``: plans to fetch an object from its origin, ``deleted`` if it is said to be no
    more; ``host`` is the peer that says so.
    ``synchronise(tx, actor, header)``: plans to compare followers (FEP-8fcf).
    """

    is_gone: Callable[[str], Awaitable[bool]]
    hint: Callable[[Transaction, str, bool, str], Awaitable[None]]
    synchronise: Callable[[Transaction, str, str], Awaitable[None]]


class Inbox:
    """Receives messages for all local actors."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        keys: RemoteKeys,
        intake: Intake,
        names: PeerNames,
        rules: PeerRules,
        rate: PeerRate,
        hooks: InboxHooks,
        control: Control | None = None,
        check_rate: PeerRate | None = None,
    ) -> None:
        """``rate`` counts what is proved, ``check_rate`` refuses peers that have used all."""
        self._verifier = verifier
        self._keys = keys
        self._intake = intake
        self._names = names
        self._rules = rules
        self._rate = rate
        self._check_rate = check_rate
        self._hooks = hooks
        self._control = control

    async def receive(self, request: SignedRequest, address: str = "") -> Outcome:
        """Checks and stores one message; when this returns the answer is 202.

        ``address`` is where it came from, which rules may name. Raises TooLarge,
        UnsupportedMedia, Forbidden, TooMany, BadRequest, Invalid or Unauthenticated, each with the
        reason.
        """
        if len(request.body) > MAX_BODY:
            raise TooLarge("too_large", f"A message has at most {MAX_BODY} bytes.")
        if not is_message_type(request.headers.get("Content-Type", "")):
            raise UnsupportedMedia(
                "content_type", "Messages have the content type application/activity+json."
            )
        signature = parse_signature(request)
        host = self._names.of(signature.key_id)
        self._rules.check_inbound(host)
        if self._check_rate is not None:
            self._check_rate(host)
        activity = self._read(load_json_object(request.body), request)
        if activity.deletes_its_actor and not await self._concerns_us(signature, activity):
            return Outcome.DROPPED
        try:
            with caused_by(knocking(address)):
                signer = await self._verifier.verify(signature, request, host)
        except KeyUnreachable as error:
            gone = error.gone and activity.deletes_its_actor
            if not (gone and await self._hooks.is_gone(activity.actor)):
                raise
            return await self._store(activity, request, None, address)
        # Counted for who it is, not for who it says to be: nobody uses up another's share.
        self._rate(host)
        self._intake.saw(host, signer.drift)
        if signer.actor != activity.actor:
            self._check_forwarder(signer.actor, address)
            try:
                with caused_by(host):
                    activity = await self._proved_by_actor(activity, request)
            except Unauthenticated as error:
                if error.code != "proof_missing":
                    raise
                return await self._take_hint(activity, signer)
        return await self._store(activity, request, signer, address)

    def note_refusal(self, request: SignedRequest, error: FedrseError) -> None:
        """Tells the ledger what was refused before the policy was asked, and why."""
        if self._control is None or error.code == DENIED:
            return
        try:
            host = self._names.of(parse_signature(request).key_id)
        except FedrseError:
            return  # nobody is named whom an admin could ask about
        self._control.refused(host, error.code)

    def _read(self, document: Json, request: SignedRequest) -> _Activity:
        actor = id_of(document.get("actor"))
        if actor is None:
            raise BadRequest("actor_missing", "The activity has no actor.")
        kind = type_of(document)
        if not kind or len(kind) > LONGEST_TYPE:
            raise BadRequest("type_missing", "The activity has no type.")
        try:
            host = self._names.of(actor)
        except BadUrl as error:
            raise BadRequest("actor_malformed", "The actor's id is no address.") from error
        identifier = document.get("id")
        if identifier is None or identifier == "":
            # Some servers send activities that nobody can refer to; the content stands for the id.
            identifier = f"{actor}#sha256-{request.body_sha256.hex()}"
        if not isinstance(identifier, str) or len(identifier) > LONGEST_ID:
            raise BadRequest("id_malformed", "The id of the activity is no address.")
        if not is_of_origin(identifier, actor):
            raise Forbidden("id_foreign", "The activity's id is not of the actor's origin.")
        return _Activity(identifier, kind, actor, host, id_of(document.get("object")), document)

    async def _concerns_us(self, signature: ParsedSignature, activity: _Activity) -> bool:
        """Whether a deleted actor is known here; of others the key is not even asked for."""
        if await self._keys.known(signature.key_id) is not None:
            return True
        return await self._keys.knows_actor(activity.actor)

    async def _proved_by_actor(self, activity: _Activity, request: SignedRequest) -> _Activity:
        """A forwarded activity that carries its actor's own proof. Raises Unauthenticated."""
        proved = self._read(await self._verifier.proved(activity.document), request)
        if proved.id != activity.id or proved.actor != activity.actor:
            raise Unauthenticated("actor_not_signer", "The signer is not the actor.")
        return proved

    async def _take_hint(self, activity: _Activity, signer: ProvedSigner) -> Outcome:
        """Forwarded without proof: worth a look at the origin, if the origin is one we talk to."""
        uri = activity.object_id
        if activity.type not in _HINTS or uri is None:
            raise Forbidden(
                "actor_not_signer",
                "The signer is not the actor, and there is no proof by the actor.",
                signer=signer.actor,
                actor=activity.actor,
            )
        if not is_of_origin(uri, activity.actor):
            raise Forbidden("object_foreign", "The object is not of the actor's origin.")
        self._rules.check_inbound(self._host_of(uri))
        deleted = activity.type == "Delete"
        host = signer.host
        await self._intake.run(lambda tx: self._hooks.hint(tx, uri, deleted, host))
        return Outcome.HINT

    def _host_of(self, uri: str) -> str:
        try:
            return self._names.of(uri)
        except BadUrl as error:
            raise BadRequest("object_malformed", "The object's id is no address.") from error

    async def _store(
        self,
        activity: _Activity,
        request: SignedRequest,
        signer: ProvedSigner | None,
        address: str,
    ) -> Outcome:
        if self._control is not None and signer is not None and signer.actor != activity.actor:
            # Forwarded: the address is that of who passes it on, not of who wrote it.
            address = self._control.address(activity.host)
        passage = self._ask(activity, len(request.body), address)
        then = None
        header = request.headers.get(SYNCHRONIZATION)
        if header is not None and signer is not None and signer.actor == activity.actor:
            then = self._synchronise(activity.actor, header[:_LONGEST_SYNCHRONIZATION])
        fresh = await self._intake.store(
            actor=activity.actor,
            host=activity.host,
            activity_id=activity.id,
            activity_type=activity.type,
            body=request.body,
            digest=request.body_sha256,
            entry=PENDING if passage is None else _entry(passage),
            then=then,
        )
        return Outcome.STORED if fresh else Outcome.DUPLICATE

    def _check_forwarder(self, actor: str, address: str) -> None:
        """Raises Forbidden where a rule denies the address of a server that passes things on."""
        host = self._names.of(actor)
        control = self._control
        if control is not None and not control.may_reach(host, address, delivers=False):
            raise Forbidden(DENIED, DENIED_SENTENCE)

    def _ask(self, activity: _Activity, size: int, address: str) -> Passage | None:
        """What the policy makes of it. Raises Forbidden or TooMany for what does not get in."""
        if self._control is None:
            return None
        role, software = self._control.peer(activity.host)
        envelope = envelope_of(
            activity.document,
            direction=Direction.IN,
            host=activity.host,
            actor=activity.actor,
            kind=activity.type,
            size=size,
            role=role,
            software=software,
            address=address,
        )
        passage = self._control.incoming(envelope, (activity.id, activity.object_id or ""))
        if passage is None:
            return None
        if passage.denied:
            raise Forbidden(DENIED, passage.sentence, host=activity.host, rules=passage.rules)
        if passage.retry_after:
            raise TooMany(DENIED, passage.sentence, retry_after=passage.retry_after)
        return passage

    def _synchronise(self, actor: str, header: str) -> Callable[[Transaction], Awaitable[None]]:
        async def plan(tx: Transaction) -> None:
            await self._hooks.synchronise(tx, actor, header)

        return plan


def _entry(passage: Passage) -> Entry:
    state = "held" if passage.held else "delayed" if passage.delay else "pending"
    return Entry(state, passage.delay, treatment_text(passage))


@lru_cache(maxsize=256)
def is_message_type(content_type: str) -> bool:
    """Content types of messages: ``application/activity+json``, or JSON-LD with any profile."""
    if is_activity_media_type(content_type):
        return True
    return content_type.partition(";")[0].strip().lower() == "application/ld+json"
