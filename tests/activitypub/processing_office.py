"""Intake and processors over one database, for the tests of processing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from fedrse.activitypub.dispatch import Dispatcher, Needs, Received
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.intake import Intake
from fedrse.activitypub.processing import Processor
from fedrse.activitypub.tables import inbox_message
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.instance.service import Facts
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.activitypub.runtime_kit import OSLO, Rules

MESSAGES = Statement(select(inbox_message).order_by(inbox_message.c.id))
AMINA = f"{OSLO}/ap/u/1"
BRUNO = f"{OSLO}/ap/u/2"


class Web:
    """A resolver: what can be fetched, and what was."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.online: set[str] = set()
        self.down: set[str] = set()
        self.fetched: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def resolve_all(self, uris: Iterable[str]) -> dict[str, FetchFailed | None]:
        await self.open.wait()
        return {uri: self._one(uri) for uri in uris}

    def _one(self, uri: str) -> FetchFailed | None:
        self.fetched.append(uri)
        if uri in self.online:
            self.known.add(uri)
            return None
        return FetchFailed("fetch", "No.", uri, temporary=uri in self.down)


class Office:
    """Intake and processors over one database; the handler notes what it got."""

    def __init__(self, database: Database, node: int = 0) -> None:
        self.database = database
        self.clock = ManualClock()
        self.web = Web()
        self.facts = Facts()
        self.dispatcher = Dispatcher()
        self.dispatcher.on("Note", self.handle)
        self.dispatcher.on_batch(self.foresee)
        self.errors: dict[str, Exception] = {}
        self.effects: list[str] = []
        self.foreseen: list[list[str]] = []
        rules = Rules()
        self.intake = Intake(
            database=database,
            ids=IdMaker(self.clock, node),
            clock=self.clock,
            saw_inbound=rules.saw_inbound,
            hosts_are_back=rules.hosts_are_back,
        )

    def processor(self, batch: int = 100) -> Processor:
        return Processor(
            database=self.database,
            dispatcher=self.dispatcher,
            resolver=self.web,
            clock=self.clock,
            batch=batch,
        )

    async def send(self, actor: str, name: str, **members: Any) -> None:
        activity = {"id": f"{actor}/{name}", "type": "Note", "actor": actor, **members}
        body = json.dumps(activity).encode()
        await self.intake.store(
            actor=actor,
            host="oslo.corp.example",
            activity_id=f"{actor}/{name}",
            activity_type=activity["type"],
            body=body,
            digest=hashlib.sha256(body).digest(),
        )

    async def handle(self, tx: Transaction, received: Received) -> str:
        needed = received.activity.get("needs")
        if needed and needed not in self.web.known and needed not in received.unavailable:
            raise Needs(needed)
        known = await self.facts.get(tx, "effects") or []
        await self.facts.put(tx, "effects", [*known, received.id.rpartition("/")[2]])
        if received.activity.get("later"):
            tx.gather(self.finish, received.activity["later"])
        error = self.errors.get(received.id.rpartition("/")[2])
        if error is not None:
            raise error
        return "without" if needed in received.unavailable else "created"

    async def finish(self, tx: Transaction, words: list[str]) -> None:
        """What several messages of a batch leave to be done together."""
        if "impossible" in words:
            raise LookupError("impossible")
        known = await self.facts.get(tx, "effects") or []
        await self.facts.put(tx, "effects", [*known, "+".join(words)])

    async def foresee(self, _tx: Transaction, batch: Sequence[Received]) -> None:
        self.foreseen.append([one.id.rpartition("/")[2] for one in batch])

    async def names(self) -> list[str]:
        return list(await self.database.read(self.facts.get, "effects") or [])

    async def states(self) -> dict[str, tuple[str, str]]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(MESSAGES)

        return {
            row.activity_id.rpartition("/")[2]: (row.state, row.reason)
            for row in await self.database.read(unit)
        }


async def until_state(office: Office, state: str, *names: str) -> None:
    """Waits for less than the ten seconds after which everybody looks without being told."""
    async with asyncio.timeout(5):
        while {(await office.states())[name][0] for name in names} != {state}:
            await asyncio.sleep(0.01)


async def until_done(office: Office, *names: str) -> None:
    await until_state(office, "done", *names)
