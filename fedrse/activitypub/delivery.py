"""The way out, first half: activities become deliveries, in the transaction of their cause.

What goes to few is expanded at once. What goes to many followers or members is stored with its
recipients, and one job per sender expands everything that waits, in order: a long list of followers
does not make the author wait, and a Delete cannot overtake its Create.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from fedrse.activitypub import delivery_queries as queries
from fedrse.activitypub.border import Control
from fedrse.activitypub.delivery_border import OutgoingBorder, Sending
from fedrse.activitypub.outbox import Inbox, Making, Recipients
from fedrse.activitypub.peers import PeerRules
from fedrse.activitypub.proofs import with_proof
from fedrse.activitypub.schedule import lifetime
from fedrse.activitypub.signing import KeyRing
from fedrse.activitypub.vocabulary import Json, id_of, ids_of, is_public, type_of
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Row, Transaction

FAN_OUT: Final = "activitypub.fan_out"
"""Kind of the job that expands the activities of one sender."""

WAKE_UP: Final = "delivery"
"""Channel on which the senders of all processes hear of new deliveries."""

AS: Final = "https://www.w3.org/ns/activitystreams"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
MOST_PER_JOB: Final = 20
FEW: Final = 20
"""So many remote followers, and so many members, are expanded without a job."""

_HIDDEN: Final = ("bto", "bcc")
encode = Encoder().encode


class AudienceSource(Protocol):
    """Knows where people get their messages; implemented by ``features.relationships``."""

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        """All addresses, shared inboxes merged, none of this site."""

    async def count_remote_followers(self, tx: Transaction, account_id: int, most: int) -> int:
        """How many people elsewhere follow, counted up to ``most``; cheap."""


class Members(Protocol):
    """The network; implemented by ``features.network``."""

    def member_hosts(self) -> frozenset[str]: ...


Take = Callable[[Transaction, Sequence[str]], Awaitable[set[str]]]
"""Begins to send to hosts once this transaction is on disk; returns those it took."""


class _StoredRecipients(Struct, omit_defaults=True):
    """``Recipients`` as JSON; ``proof`` asks for an object integrity proof."""

    accounts: tuple[int, ...] = ()
    followers_of: int | None = None
    members: bool = False
    only_members: bool = False
    hosts: tuple[str, ...] = ()
    exclude_hosts: tuple[str, ...] = ()
    personal: bool = False
    proof: bool = False

    @classmethod
    def of(cls, recipients: Recipients, *, proof: bool) -> _StoredRecipients:
        return cls(
            accounts=recipients.accounts,
            followers_of=recipients.followers_of,
            members=recipients.members,
            only_members=recipients.only_members,
            hosts=recipients.hosts,
            exclude_hosts=tuple(recipients.exclude_hosts),
            personal=recipients.personal,
            proof=proof,
        )

    def recipients(self) -> Recipients:
        return Recipients(
            self.accounts,
            followers_of=self.followers_of,
            members=self.members,
            only_members=self.only_members,
            hosts=self.hosts,
            exclude_hosts=frozenset(self.exclude_hosts),
            personal=self.personal,
        )


_decode_recipients = Decoder(_StoredRecipients).decode


class DeliveryOutbox:
    """Implements ``Outbox``."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        queue: Queue,
        audience: AudienceSource,
        members: Members,
        rules: PeerRules,
        keys: KeyRing,
        control: Control | None = None,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._queue = queue
        self._audience = audience
        self._members = members
        self._rules = rules
        self._keys = keys
        self._take: Take | None = None
        self._border = (
            None
            if control is None
            else OutgoingBorder(control=control, clock=clock, ids=ids, queue=queue)
        )

    def send_with(self, take: Take) -> None:
        """Registers the sender of this process: it begins without looking first what is due."""
        self._take = take

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this module."""
        runner.handle_in_transaction(FAN_OUT, self.fan_out)
        if self._border is not None:
            self._border.register(runner)

    async def enqueue(
        self,
        tx: Transaction,
        activity: Making,
        *,
        sender: int,
        recipients: Recipients,
        object_uri: str = "",
    ) -> None:
        """Stores an activity and the work of delivering it; nothing where nobody would get it."""
        reach = await self._reach(tx, recipients)
        if not reach:
            return
        made = activity() if callable(activity) else activity
        document = {name: value for name, value in made.items() if name not in _HIDDEN}
        if "@context" not in document:
            document = {"@context": AS, **document}
        # Only what many may read anyway is made provable: a proof outlives every leak.
        addressed = ids_of(document.get("to")) + ids_of(document.get("cc"))
        await self._store(
            tx,
            uri=id_of(document) or "",
            kind=type_of(document),
            document=document,
            body=encode(document),
            sender=sender,
            recipients=recipients,
            object_uri=object_uri or id_of(document.get("object")) or "",
            few=reach <= FEW,
            proof=recipients.members or is_public(addressed),
        )

    async def forward(
        self, tx: Transaction, body: bytes, *, sender: int, recipients: Recipients, uri: str
    ) -> None:
        """Passes a received activity on, byte for byte (inbox forwarding, AP 7.1.2)."""
        reach = await self._reach(tx, recipients)
        if not reach:
            return
        document = json.loads(body)
        await self._store(
            tx,
            uri=uri,
            kind=type_of(document),
            document=document,
            body=body,
            sender=sender,
            recipients=recipients,
            object_uri=id_of(document.get("object")) or "",
            few=reach <= FEW,
            proof=False,
        )

    async def fan_out(self, tx: Transaction, job: Job) -> None:
        """Expands what waits of one sender; the handler of ``FAN_OUT``."""
        sender = int(job.arguments["sender"])
        rows = await tx.all(queries.TO_EXPAND, sender=sender, most=MOST_PER_JOB)
        for row in rows:
            await self._expand_stored(tx, row)
        if len(rows) == MOST_PER_JOB:
            await self._plan(tx, sender)

    async def hosts_are_back(self, tx: Transaction, hosts: Collection[str]) -> None:
        """Peers have sent something: what waits for them is due now, or soon after a failure."""
        now = self._clock.now()
        rested = now - queries.REST
        if await tx.run(queries.BACK, hosts=list(hosts), now=now, rested_since=rested):
            tx.notify(WAKE_UP, "")

    # Inside

    async def _reach(self, tx: Transaction, recipients: Recipients) -> int:
        """0: nobody elsewhere. Up to FEW: nobody but named ones, or so many others at most."""
        found = len(self._members.member_hosts()) if recipients.members else 0
        if recipients.followers_of is not None and found <= FEW:
            follower_of = recipients.followers_of
            count = await self._audience.count_remote_followers(tx, follower_of, FEW + 1)
            found = max(found, count)
        return found or int(bool(recipients.accounts or recipients.hosts))

    async def _store(
        self,
        tx: Transaction,
        *,
        uri: str,
        kind: str,
        document: Json,
        body: bytes,
        sender: int,
        recipients: Recipients,
        object_uri: str,
        few: bool,
        proof: bool,
    ) -> None:
        waits = not few or await tx.one(queries.SENDER_WAITS, sender=sender) is not None
        row: dict[str, Any] = {
            "id": self._ids.new(),
            "uri": uri,
            "type": kind,
            "object_uri": object_uri,
            "sender_id": sender,
            "created_at": self._clock.now(),
        }
        if waits:
            stored = encode(_StoredRecipients.of(recipients, proof=proof)).decode()
            await tx.run(queries.ADD_ACTIVITY, **row, **_content(body), recipients=stored)
            await self._plan(tx, sender)
            return
        inboxes = await self._audience.inboxes(tx, recipients)
        if inboxes:
            sent = await self._proved(tx, body, sender) if proof else body
            await tx.run(queries.ADD_ACTIVITY, **row, **_content(sent), recipients=None)
            sending = Sending(
                activity_id=row["id"],
                kind=kind,
                object_uri=object_uri,
                sender=sender,
                document=document,
                size=len(sent),
            )
            await self._deliver(tx, inboxes, sending)

    async def _plan(self, tx: Transaction, sender: int) -> None:
        # One job per sender: two processes never expand for the same one at the same time.
        await self._queue.enqueue(tx, FAN_OUT, {"sender": sender}, key=f"{FAN_OUT}:{sender}")

    async def _expand_stored(self, tx: Transaction, row: Row) -> None:
        stored = _decode_recipients(row.recipients)
        inboxes = await self._audience.inboxes(tx, stored.recipients())
        body = bytes(row.body)
        if stored.proof and inboxes:
            body = await self._proved(tx, body, row.sender_id)
        await tx.run(
            queries.EXPANDED,
            activity_id=row.id,
            new_body=body,
            new_digest=hashlib.sha256(body).digest(),
        )
        sending = Sending(
            activity_id=row.id,
            kind=row.type,
            object_uri=row.object_uri,
            sender=row.sender_id,
            document=json.loads(body),
            size=len(body),
        )
        await self._deliver(tx, inboxes, sending)

    async def _proved(self, tx: Transaction, body: bytes, sender: int) -> bytes:
        try:
            keys = await self._keys.within(tx, sender)
        except NotFound:
            return body  # a deleted account says farewell with what keys it has left
        document = json.loads(body)
        context = document.get("@context", AS)
        listed = context if isinstance(context, list) else [context]
        if DATA_INTEGRITY not in listed:
            document["@context"] = [*listed, DATA_INTEGRITY]
        return encode(with_proof(document, keys.ed25519, self._clock.now()))

    async def _deliver(self, tx: Transaction, inboxes: Sequence[Inbox], sending: Sending) -> None:
        permitted = await self._passing(tx, inboxes, sending)
        if not permitted:
            return
        kind, object_uri, sender = sending.kind, sending.object_uri, sending.sender
        if kind == "Update":
            await tx.run(
                queries.SUPERSEDE,
                object_uri=object_uri,
                sender=sender,
                inboxes=[inbox.url for inbox in permitted],
            )
        now = self._clock.now()
        rows = [
            {
                "id": self._ids.new(),
                "activity_id": sending.activity_id,
                "host": inbox.host,
                "inbox": inbox.url,
                "sender_id": sender,
                "object_uri": object_uri,
                "type": kind,
                "expires_at": now + lifetime(kind, member=self._rules.is_member(inbox.host)),
            }
            for inbox in permitted
        ]
        await tx.many(queries.ADD_DELIVERY, rows)
        hosts = sorted({inbox.host for inbox in permitted})
        await tx.many(queries.MAKE_DUE, [{"host": host, "now": now} for host in hosts])
        taken = set() if self._take is None else await self._take(tx, hosts)
        if taken.issuperset(hosts):
            return
        tx.notify(WAKE_UP, "")

    async def _passing(
        self, tx: Transaction, inboxes: Sequence[Inbox], sending: Sending
    ) -> Sequence[Inbox]:
        """Where it goes now: peers that are talked to, as far as the policy lets it pass."""
        permitted = [inbox for inbox in inboxes if self._permits(inbox.host)]
        if self._border is None:
            return permitted
        refused: set[str] = set()
        if len(permitted) < len(inboxes):
            refused = {inbox.host for inbox in inboxes}.difference(one.host for one in permitted)
        return await self._border.passing(tx, sending, permitted, refused)

    def _permits(self, host: str) -> bool:
        try:
            self._rules.check_outbound(host)
        except Forbidden:
            return False
        return True


def _content(body: bytes) -> dict[str, bytes]:
    return {"body": body, "digest": hashlib.sha256(body).digest()}
