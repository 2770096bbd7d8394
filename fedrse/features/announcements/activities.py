"""Announcements of other sites of the network, taken back, and the totals that they tell."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received, Refused
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.urls import same_origin
from fedrse.features.announcements.model_wire import TARGETED, TYPE
from fedrse.features.announcements.service_network import Members, SiteAnnouncements
from fedrse.store.database import Transaction


class AnnouncementActivities:
    """Handlers; only the instance actor of a member speaks for its site."""

    def __init__(self, *, sites: SiteAnnouncements, network: Members) -> None:
        self._sites = sites
        self._network = network

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        both = frozenset({TYPE, TARGETED})
        dispatcher.on("Create", self.create, objects=both)
        dispatcher.on("Delete", self.delete, objects=both)
        dispatcher.on("Read", self.read)

    async def create(self, tx: Transaction, received: Received) -> str:
        """``Create`` of an announcement."""
        item: Json = received.activity["object"]
        self._check(received)
        uri = id_of(item)
        if uri is None or not same_origin(uri, received.actor):
            raise Refused("foreign_id")
        if id_of(item.get("attributedTo")) != received.actor:
            raise Refused("not_author")
        return await self._sites.receive(tx, received.host, item)

    async def delete(self, tx: Transaction, received: Received) -> str:
        """``Delete`` of one."""
        self._check(received)
        uri = id_of(received.activity["object"])
        outcome = None
        if uri is not None:
            outcome = await self._sites.withdraw(tx, received.host, uri)
        if outcome is None:
            raise Ignored("announcement_unknown")
        return outcome

    async def read(self, tx: Transaction, received: Received) -> str:
        """``Read``: totals of another site about an announcement of this one."""
        self._check(received)
        item = received.activity.get("object")
        key = self._sites.key_of(id_of(item) or "")
        if key is None or not isinstance(item, dict):
            raise Ignored("announcement_unknown")
        return await self._sites.take_totals(tx, received.host, item, key)

    def _check(self, received: Received) -> None:
        if not self._speaks_for_its_site(received):
            raise Refused("not_a_site")

    def _speaks_for_its_site(self, received: Received) -> bool:
        host = received.host
        places = {f"https://{host}/actor", f"http://{host}/actor"}
        return received.actor in places and self._network.is_member(host)
