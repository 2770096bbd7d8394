"""An inbox with everything around it, for its tests."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.activitypub.inbox import Inbox, InboxHooks
from fedrse.activitypub.intake import Intake
from fedrse.activitypub.peers import PeerNames
from fedrse.activitypub.remote_keys import (
    RemoteKeys,
)
from fedrse.activitypub.tables import inbox_message
from fedrse.activitypub.verification import Verifier
from fedrse.core.clock import ManualClock
from fedrse.core.errors import FedrseError, TooMany
from fedrse.core.ids import IdMaker
from fedrse.core.urls import HTTPS_ONLY
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.activitypub.runtime_kit import Directory, Rules

MESSAGES = Statement(select(inbox_message).order_by(inbox_message.c.id))


class Desk:
    """An inbox with everything around it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.directory = Directory(self.clock)
        self.rules = Rules()
        self.rates: Counter[str] = Counter()
        self.limit = 10_000
        self.hints: list[str] = []
        self.hinting: list[str] = []  # who gave them
        self.deleted = False
        self.synchronised: list[tuple[str, str]] = []
        names = PeerNames(HTTPS_ONLY)
        self.keys = RemoteKeys(
            database=database, store=self.directory, fetcher=self.directory, clock=self.clock
        )
        self.inbox = Inbox(
            verifier=Verifier(keys=self.keys, names=names, rules=self.rules, clock=self.clock),
            keys=self.keys,
            intake=Intake(
                database=database,
                ids=IdMaker(self.clock),
                clock=self.clock,
                saw_inbound=self.rules.saw_inbound,
                hosts_are_back=self.rules.hosts_are_back,
            ),
            names=names,
            rules=self.rules,
            rate=self.count,
            hooks=InboxHooks(self.directory.is_gone, self.hint, self.synchronise),
        )

    def count(self, host: str) -> None:
        self.rates[host] += 1
        if self.rates[host] > self.limit:
            raise TooMany("rate_limited", "Too many.", retry_after=60)

    async def hint(self, tx: Transaction, uri: str, deleted: bool, host: str) -> None:
        self.hints.append(uri)
        self.hinting.append(host)
        self.deleted = deleted

    async def synchronise(self, tx: Transaction, actor: str, header: str) -> None:
        self.synchronised.append((actor, header))

    async def messages(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(MESSAGES)

        return await self.database.read(unit)

    async def refusal(self, request: Any) -> FedrseError:
        """The error, and proof that nothing was stored."""
        before = len(await self.messages())
        with pytest.raises(FedrseError) as caught:
            await self.inbox.receive(request)
        assert len(await self.messages()) == before
        assert caught.value.status < 500
        return caught.value
