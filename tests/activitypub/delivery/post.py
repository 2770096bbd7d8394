"""The way out of a site, and those who read what it sends."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from fedrse.activitypub.delivery import DeliveryOutbox
from fedrse.activitypub.delivery_results import Reports
from fedrse.activitypub.delivery_window import Bodies, Couriers
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.activitypub.overview import DeliveryOverview
from fedrse.activitypub.sender import Sender
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.activitypub.tables import activity, delivery, destination
from fedrse.core.clock import ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.urls import UrlRules
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.net.delivery import Deliverer
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.activitypub.runtime_kit import Rules, rsa_key
from tests.net.servers import dialler

OWN = "http://localhost:1"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ROWS = {
    name: Statement(select(table))
    for name, table in {
        "activity": activity,
        "delivery": delivery,
        "destination": destination,
    }.items()
}


FOLLOWERS = Recipients(followers_of=1)
DIRECT = Recipients((10,), personal=True)


@dataclass(frozen=True)
class Keys:
    rsa: SigningKey
    ed25519: SigningKey
    previous_rsa: SigningKey | None = None


class People:
    """Local accounts: their keys, and who follows them."""

    def __init__(self) -> None:
        self.keys: dict[int, Keys] = {}
        self.accounts: dict[int, Inbox] = {}
        self.followers: defaultdict[int, list[Inbox]] = defaultdict(list)
        self.members: dict[str, Inbox] = {}
        for number in (1, 2):
            uri = f"{OWN}/ap/u/{number}"
            self.keys[number] = Keys(
                SigningKey(f"{uri}#main-key", rsa_key(number)),
                SigningKey(f"{uri}#ed25519-1", generate_ed25519()),
            )

    async def signing_keys(self, tx: Transaction, account_id: int) -> Keys:
        if account_id not in self.keys:
            raise NotFound
        return self.keys[account_id]

    async def instance_actor(self, tx: Transaction) -> Any:
        return SimpleNamespace(id=1)

    def verify_keys(self) -> dict[str, VerifyKey]:
        found = {}
        for number, keys in self.keys.items():
            for key in (keys.rsa, keys.ed25519, keys.previous_rsa):
                if key is not None:
                    uri = f"{OWN}/ap/u/{number}"
                    found[key.key_id] = VerifyKey(key.key_id, uri, key.public())
        return found

    def member_hosts(self) -> frozenset[str]:
        return frozenset(self.members)

    async def count_remote_followers(self, tx: Transaction, account_id: int, most: int) -> int:
        return min(len(self.followers[account_id]), most)

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        found = [self.accounts[number] for number in recipients.accounts]
        if recipients.followers_of is not None:
            found += self.followers[recipients.followers_of]
        if recipients.members:
            found += self.members.values()
        return list(dict.fromkeys(found))


class Post:
    """The way out of one process."""

    def __init__(self, database: Database, clock: ManualClock, people: People) -> None:
        self.database = database
        self.clock = clock
        self.people = people
        self.rules = Rules()
        self.gone: list[str] = []
        local_ids = LocalIds(OWN)
        keys = KeyRing(database=database, keys=people, local_ids=local_ids, clock=clock)
        ids = IdMaker(clock)
        queue = Queue(clock=clock, ids=ids)
        self.runner = Runner(database=database, queue=queue, clock=clock, owner="p")
        self.outbox = DeliveryOutbox(
            clock=clock,
            ids=ids,
            queue=queue,
            audience=people,
            members=people,
            rules=self.rules,
            keys=keys,
        )
        self.outbox.register(self.runner)
        self.signer = RequestSigner(clock)
        self.deliverer = Deliverer(dialler(own=OWN), clock)
        self.headers: dict[tuple[int, str], str] = {}
        self.couriers = Couriers(
            deliverer=self.deliverer,
            bodies=Bodies(database),
            keys=keys,
            signer=self.signer,
            rules=self.rules,
            url_rules=UrlRules.of_site(OWN, {}),
            clock=clock,
            followers_header=self.followers_header,
        )
        self.reports = Reports(
            database=database,
            clock=clock,
            random=random.Random(1),
            inbox_gone=self.inbox_gone,
        )
        self.overview = DeliveryOverview(clock=clock)

    def sender(self, owner: str = "p") -> Sender:
        return Sender(
            database=self.database,
            couriers=self.couriers,
            reports=self.reports,
            clock=self.clock,
            owner=owner,
        )

    async def followers_header(self, sender: int, host: str) -> str | None:
        return self.headers.get((sender, host))

    async def inbox_gone(self, tx: Transaction, inbox: str) -> None:
        self.gone.append(inbox)

    async def enqueue(
        self, kind: str, number: int, recipients: Recipients, *, sender: int = 1, **members: Any
    ) -> None:
        document = {
            "id": f"{OWN}/ap/a/{kind}-{number}",
            "type": kind,
            "actor": f"{OWN}/ap/u/{sender}",
            "object": f"{OWN}/ap/n/{number}",
            **members,
        }
        await self.database.write(
            self.outbox.enqueue, document, sender=sender, recipients=recipients
        )

    async def send(self) -> None:
        """Expands and sends what is due."""
        await self.runner.run_due()
        await self.sender().run_due()

    async def rows(self, table: str) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(ROWS[table])

        return await self.database.read(unit)

    async def close(self) -> None:
        await self.deliverer.close()
        self.signer.close()
