"""Announcements between sites of a network: sent by a site to the people of others it names.

Each site tells the author's only how many people it was shown to and how many have read it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import json

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import SECOND, Clock
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.core.urls import origin_of
from fedrse.features.accounts.model import Account
from fedrse.features.announcements import queries
from fedrse.features.announcements.model import Announcement, Totals
from fedrse.features.announcements.model_events import (
    Announced,
    AnnouncementDeleted,
    AnnouncementRead,
)
from fedrse.features.announcements.model_wire import (
    TYPE,
    activity,
    document,
    read_document,
    read_totals,
)
from fedrse.features.announcements.service import Announcements
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

TELL_TOTALS = "announcements.tell_totals"
SPACING = 10 * SECOND
"""Totals wait so long for more of them."""
MOST_FROM_ONE_SITE = 50
"""Announcements of another site that are kept at the same time."""


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def instance_actor(self, tx: Transaction) -> Account | None: ...


class Members(Protocol):
    """Who belongs to the network; implemented by ``network.service.Network``."""

    def is_member(self, host: str) -> bool: ...

    def member_origins(self) -> Collection[str]:
        """Base URLs of the other members."""


class SiteAnnouncements:
    """Sends and takes announcements and their totals."""

    def __init__(
        self,
        *,
        announcements: Announcements,
        people: People,
        network: Members,
        outbox: Outbox,
        jobs: Queue,
        clock: Clock,
        ids: IdMaker,
        origin: str,
    ) -> None:
        self._announcements = announcements
        self._people = people
        self._network = network
        self._outbox = outbox
        self._jobs = jobs
        self._clock = clock
        self._ids = ids
        self._site = f"{origin}/actor"

    def listen(self, events: Events) -> None:
        """Sends what is new and takes back what is gone, in the transaction of the cause."""
        events.subscribe(Announced, self._announced)
        events.subscribe(AnnouncementDeleted, self._deleted)
        events.subscribe(AnnouncementRead, self._read)

    # Own ones

    async def _announced(self, tx: Transaction, event: Announced) -> None:
        found = await self._of_ours(tx, event.announcement_id)
        if found is None:
            return
        entity = await self._announcements.for_all(tx, found.id)
        if entity is not None:
            item = document(
                uri=self._uri(found.id),
                site=self._site,
                html=entity["content"],
                published=found.published_at,
                ends_at=found.ends_at,
                must_read=found.must_read,
                units=found.for_units,
            )
            await self._send(tx, "Create", found, item)

    async def _deleted(self, tx: Transaction, event: AnnouncementDeleted) -> None:
        found = await self._of_ours(tx, event.announcement_id)
        if found is not None:
            gone = {"id": self._uri(found.id), "type": [TYPE, "Tombstone"]}
            await self._send(tx, "Delete", found, gone)

    async def _of_ours(self, tx: Transaction, announcement_id: int) -> Announcement | None:
        row = await tx.one(queries.BY_ID, key=announcement_id)
        found = None if row is None else Announcement(*row)
        return found if found is not None and found.host is None and found.targets else None

    def _uri(self, announcement_id: int) -> str:
        return f"{self._site}/announcements/{announcement_id}"

    async def _send(self, tx: Transaction, kind: str, found: Announcement, item: Json) -> None:
        sender = await self._people.instance_actor(tx)
        origins = self._origins_of(found.targets)
        if sender is None or not origins:
            return
        address = f"{self._uri(found.id)}#{kind.lower()}"
        await self._outbox.enqueue(
            tx,
            activity(kind, address, self._site, [f"{one}/actor" for one in origins.values()], item),
            sender=sender.id,
            recipients=self._only(origins),
            object_uri=self._uri(found.id),
        )

    def _origins_of(self, hosts: Collection[str]) -> dict[str, str]:
        """Those of them that are members, with their base URLs."""
        known = {origin_of(one).peer: one for one in self._network.member_origins()}
        return {one: known[one] for one in hosts if one in known}

    def _only(self, origins: dict[str, str]) -> Recipients:
        """These members and no others, also where nobody is known yet."""
        members = {origin_of(one).peer for one in self._network.member_origins()}
        return Recipients(
            members=True, only_members=True, exclude_hosts=frozenset(members - set(origins))
        )

    async def take_totals(self, tx: Transaction, host: str, item: Json, key: int) -> str:
        """Another site tells how many people there it reached. Raises Ignored, Refused."""
        found, totals = await self._of_ours(tx, key), read_totals(item)
        if found is None or host not in found.targets:
            raise Ignored("announcement_unknown")
        if totals is None:
            raise Refused("no_totals")
        await tx.run(
            queries.SET_TOTAL,
            announcement_id=key,
            host=host,
            delivered=totals.delivered,
            read=totals.read,
        )
        return "counted"

    def key_of(self, uri: str) -> int | None:
        """The number of an announcement of this site, by its id."""
        start = f"{self._site}/announcements/"
        rest = uri.removeprefix(start).partition("#")[0]
        known = uri.startswith(start) and rest.isascii() and rest.isdigit() and len(rest) < 20
        return int(rest) if known else None

    # Those of other sites

    async def receive(self, tx: Transaction, host: str, item: Json) -> str:
        """Shows what another site of the network announces. Raises Ignored, Refused."""
        arrived = read_document(item)
        if arrived is None:
            raise Refused("unreadable")
        if await tx.value(queries.COUNT_OF_HOST, host=host) >= MOST_FROM_ONE_SITE:
            raise Ignored("too_many")
        now, key = self._clock.now(), self._ids.new()
        made = Announcement(
            id=key,
            text=arrived.text,
            starts_at=None,
            ends_at=arrived.ends_at,
            all_day=False,
            published_at=now,
            updated_at=now,
            told_at=None,
            deleted_at=None,
            must_read=arrived.must_read,
            host=host,
            uri=arrived.uri,
            html=arrived.html,
            units=json.encode(arrived.units).decode(),
        )
        if await tx.value(queries.BY_URI, uri=arrived.uri) is not None:
            return "duplicate"
        await self._announcements.keep(tx, made)
        await self._plan(tx, key)
        return "announced"

    async def withdraw(self, tx: Transaction, host: str, uri: str) -> str | None:
        """The other site takes one back; None if it is none."""
        row = await tx.one(queries.BY_URI, uri=uri)
        if row is None:
            return None
        if row.host != host:
            raise Refused("not_author")
        await tx.run(queries.MARK_DELETED, key=row.id, now=self._clock.now())
        return "deleted"

    async def _read(self, tx: Transaction, event: AnnouncementRead) -> None:
        await self._plan(tx, event.announcement_id)

    async def _plan(self, tx: Transaction, key: int) -> None:
        due = self._clock.now() + SPACING
        await self._jobs.enqueue(
            tx, TELL_TOTALS, {"announcement": key}, due_at=due, key=f"{TELL_TOTALS}:{key}"
        )

    async def tell_totals(self, tx: Transaction, job: Job) -> None:
        """Tells the author's site the numbers of this one."""
        row = await tx.one(queries.BY_ID, key=job.arguments["announcement"])
        found = None if row is None else Announcement(*row)
        sender = await self._people.instance_actor(tx)
        if found is None or found.host is None or found.uri is None or sender is None:
            return
        own: Totals = (await self._announcements.totals(tx, [found]))[found.id]
        item: dict[str, Any] = {"id": found.uri, "delivered": own.delivered, "read": own.read}
        origins = self._origins_of([found.host])
        address = f"{self._site}#read-{self._ids.new()}"
        await self._outbox.enqueue(
            tx,
            activity(
                "Read", address, self._site, [f"{one}/actor" for one in origins.values()], item
            ),
            sender=sender.id,
            recipients=self._only(origins),
            object_uri=found.uri,
        )
