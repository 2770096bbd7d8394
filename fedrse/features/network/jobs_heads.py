"""Asks the other members where their audit logs end, and what they have noted of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from msgspec import Struct, json

from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.vocabulary import Json, type_of
from fedrse.core.clock import HOUR
from fedrse.core.errors import FedrseError
from fedrse.core.urls import UrlRules
from fedrse.features.audit.model import Flaw
from fedrse.features.audit.model_heads import (
    HEAD_PATH,
    TYPE,
    WITNESS_PATH,
    Noted,
    read_head,
    read_known,
    read_witness,
)
from fedrse.features.audit.service import Audit
from fedrse.features.audit.service_heads import Heads
from fedrse.features.network.service import Network
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction

NOTE_HEADS: Final = "network.note_heads"
EVERY: Final = HOUR
log = structlog.get_logger(__name__)

Proved = Callable[[Json], Awaitable[Json]]
"""The document as its author signed it. Raises FedrseError; of ``activitypub.verification``."""


class Testimony(Struct, frozen=True, kw_only=True):
    """What a member says about our log; ``error`` where it says nothing."""

    host: str
    heads: int = 0
    newest: Noted | None = None
    flaws: tuple[Flaw, ...] = ()
    error: str = ""


class HeadsExchange:
    """Notes heads of others, and asks others for those of ours."""

    def __init__(
        self,
        *,
        database: Database,
        audit: Audit,
        heads: Heads,
        network: Network,
        documents: DocumentClient,
        proved: Proved,
        rules: UrlRules,
    ) -> None:
        self._database = database
        self._audit = audit
        self._heads = heads
        self._network = network
        self._documents = documents
        self._proved = proved
        self._rules = rules

    def register(self, runner: Runner) -> None:
        """Plans the questions."""
        if self._network.exists:
            runner.every(EVERY, NOTE_HEADS, self._note_all)

    async def _note_all(self, _job: Job) -> None:
        for host in sorted(self._network.member_hosts()):
            try:
                await self.note(host)
            except FedrseError as error:
                # The next hour tries again; a site that is down is told elsewhere.
                log.debug("head_not_noted", host=host, why=error.code)

    async def note(self, host: str) -> bool:
        """Asks one member; whether what it says fits what it said before.

        Raises FetchFailed, Unauthenticated for a document that is not signed.
        """
        last = await self._database.read(self._heads.last, host)
        address = str(self._rules.origin_of_peer(host)) + HEAD_PATH
        if last is not None:
            address += f"?known={last.number}"
        document = await self._documents.fetch_list(address)
        signed = await self._proved(document)
        head = read_head(signed)
        if head is None or type_of(signed) != TYPE:
            raise FetchFailed("fetch_malformed", "This is no head of a log.", address)
        text = json.encode(document).decode()
        return await self._database.write(self._heads.note, host, head, text, read_known(signed))

    async def testimonies(self) -> list[Testimony]:
        """What each member has noted of our log, held against it."""
        return [await self._testimony(host) for host in sorted(self._network.member_hosts())]

    async def _testimony(self, host: str) -> Testimony:
        address = str(self._rules.origin_of_peer(host)) + WITNESS_PATH
        try:
            noted = read_witness(await self._documents.fetch_list(address))
        except FedrseError as error:
            return Testimony(host=host, error=error.message)

        async def unit(tx: Transaction) -> list[Flaw]:
            found = [await self._audit.agrees(tx, one.head) for one in noted]
            return [one for one in found if one is not None]

        flaws = tuple(await self._database.read(unit))
        newest = noted[0] if noted else None
        return Testimony(host=host, heads=len(noted), newest=newest, flaws=flaws)
