"""ActivityPub: where the audit log of this site ends, and what it knows of the asking site's."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.proofs import with_proof
from fedrse.activitypub.signing import KeyRing
from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.features.audit.model import Head
from fedrse.features.audit.model_heads import (
    HEAD_PATH,
    WITNESS_PATH,
    head_document,
    witness_document,
)
from fedrse.features.audit.service import Audit
from fedrse.features.audit.service_heads import Heads
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.network.service import Network
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class HeadsApi:
    """Serves heads to members, as the members collection is."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        audit: Audit,
        heads: Heads,
        network: Network,
        keys: KeyRing,
        local_ids: LocalIds,
        origin: str,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._heads = heads
        self._network = network
        self._keys = keys
        self._site = local_ids.instance_actor
        self._origin = origin
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The addresses."""
        surface, auth, limit = Surface.ACTIVITYPUB, Auth.PUBLIC, Limit.INBOX
        return [
            Route("GET", HEAD_PATH, self.head, surface, auth, limit=limit),
            Route("GET", WITNESS_PATH, self.witness, surface, auth, limit=limit),
        ]

    async def head(self, request: Request) -> Reply:
        """``GET /ap/audit/head``, with a proof; ``known`` asks for an older entry, too.

        Raises NotFound for who is no member.
        """
        await self._member(request)
        number = parse_id(request.text("known") or "")

        async def unit(tx: Transaction) -> tuple[Head, Head | None]:
            head = await self._audit.head(tx)
            if number is None:
                return head, None
            entry = await self._audit.entry(tx, number)
            return head, Head(number, "" if entry is None else entry.hash)

        head, known = await self._database.read(unit)
        keys = await self._keys.of_instance()
        now = self._clock.now()
        document = head_document(self._origin, self._site, head, now, known)
        return signed_reply(with_proof(document, keys.ed25519, now))

    async def witness(self, request: Request) -> Reply:
        """``GET /ap/audit/witness``: heads of the log of whoever asks, as they were noted here."""
        host = await self._member(request)
        noted = await self._database.read(self._heads.noted, host)
        return signed_reply(witness_document(self._origin, self._site, noted))

    async def _member(self, request: Request) -> str:
        signer = await self._signed_fetch(request)
        if not self._network.is_member(signer.host):
            raise NotFound
        return signer.host
