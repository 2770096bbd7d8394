"""Wires what stands around the home timeline: marker, reasons, topics and people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any
from urllib.parse import quote

from fedrse.app.services import Services
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.paging import Page
from fedrse.features.announcements.pages import drawn
from fedrse.features.announcements.service import Announcements
from fedrse.features.directory.service import Directory
from fedrse.features.tags.service import Tags
from fedrse.features.timelines.model_home import Acquaintance, Beside, Surroundings, Topic
from fedrse.features.trends.service import Trends
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

HOME = "home"
MOST_TOPICS = 5
MOST_PEOPLE = 3
MOST_NOTICES = 3
MOST_SUGGESTED = 12  # some are followed before they are looked for anew
REMEMBERED = 5 * MINUTE
MOST_REMEMBERED = 2000
MOST_TAGS = 200
FRIENDS = translatable("Followed by people you follow")
POPULAR = translatable("Many here follow them")


class AroundHome:
    """See ``timelines.model_home.Around``; a fixed number of queries."""

    def __init__(
        self,
        services: Services,
        tags: Tags,
        renderer: Renderer,
        clock: Clock,
        announcements: Announcements,
        *,
        trends: Trends,
    ) -> None:
        self._announcements = announcements
        self._clock = clock
        self._services = services
        self._tags = tags
        self._faces = renderer.faces
        self._trends = trends
        self._directory = Directory()
        self._lock = Lock()  # units of reading run on several threads
        self._topics_of_all: ExpiringMap[tuple[()], Sequence[Topic]] = ExpiringMap(
            clock, max_entries=1
        )
        self._suggested: ExpiringMap[int, Sequence[Acquaintance]] = ExpiringMap(
            clock, max_entries=MOST_REMEMBERED
        )

    async def surroundings(
        self, tx: Transaction, viewer: int, authors: Collection[int], *, on_top: bool
    ) -> Surroundings:
        """Reasons and, on top, the marker, topics, people and announcements."""
        suggested = await self._suggested_to(tx, viewer) if on_top else ()
        people = {*authors, *(one.account_id for one in suggested)}
        followed = await self._services.relationships.followed_among(tx, viewer, people)
        tags: set[str] = set()
        if not followed.issuperset({*authors} - {viewer}):
            found = await self._tags.followed(tx, viewer, Page(limit=MOST_TAGS))
            tags = {one.tag.name for one in found}
        reasons = {str(one) for one in followed}, tags
        if not on_top:
            return Surroundings(*reasons)
        strangers = [one for one in suggested if one.account_id not in followed]
        waiting = await self._announcements.waiting(tx, viewer, MOST_NOTICES)
        beside = Beside(
            await self._topics(tx, viewer),
            strangers[:MOST_PEOPLE],
            [drawn(one, back="/") for one in waiting],
            self._clock.now() // MINUTE if waiting else 0,
        )
        return Surroundings(*reasons, await self._read_until(tx, viewer), beside)

    async def _read_until(self, tx: Transaction, viewer: int) -> int:
        """The marker that apps share."""
        marker = (await self._services.notifications.markers(tx, viewer)).get(HOME)
        return 0 if marker is None else int(marker.last_read_id)

    async def set_read(self, tx: Transaction, viewer: int, post_id: int) -> None:
        """Moves the marker, never back."""
        if post_id > await self._read_until(tx, viewer):
            await self._services.notifications.set_marker(tx, viewer, HOME, post_id)

    def forget_topics(self) -> None:
        """Somebody said that one of them is no trend."""
        with self._lock:
            self._topics_of_all.forget(())

    async def _topics(self, tx: Transaction, viewer: int) -> Sequence[Topic]:
        with self._lock:
            known = self._topics_of_all.get(())
        if known is None:
            tags = await self._trends.tags(tx, MOST_TOPICS, 0)
            entities = await self._tags.entities(tx, viewer, tags)
            known = tuple(_topic(entity) for entity in entities)
            with self._lock:
                self._topics_of_all.put((), known, lifetime=REMEMBERED)
        return known

    async def _suggested_to(self, tx: Transaction, viewer: int) -> Sequence[Acquaintance]:
        with self._lock:
            known = self._suggested.get(viewer)
        if known is None:
            known = await self._suggestions(tx, viewer)
            with self._lock:
                self._suggested.put(viewer, known, lifetime=REMEMBERED)
        return known

    async def _suggestions(self, tx: Transaction, viewer: int) -> tuple[Acquaintance, ...]:
        suggested = await self._directory.suggestions(tx, viewer, MOST_SUGGESTED)
        entities = await self._services.accounts.entities(tx, [one.account_id for one in suggested])
        return tuple(
            Acquaintance(
                one.account_id,
                self._faces.person(entities[one.account_id]),
                f"/people/{one.account_id}/follow?back=%2F",
                FRIENDS if "friends_of_friends" in one.sources else POPULAR,
            )
            for one in suggested
            if one.account_id in entities
        )


def _topic(entity: dict[str, Any]) -> Topic:
    busiest = max(int(day["accounts"]) for day in entity["history"])
    return Topic(entity["name"], f"/tags/{quote(entity['name'])}", busiest)
