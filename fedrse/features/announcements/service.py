"""Announcements: made by the people in charge, read, put away and reacted to by everybody.

The command line makes them; a periodic job tells open apps, so that it does not matter in which
process something was announced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import json

from fedrse.core.clock import Clock, to_iso
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.markdown import PLAIN
from fedrse.core.ports import Protocol
from fedrse.core.text import Link, extract_entities
from fedrse.features.announcements import queries
from fedrse.features.announcements.model import (
    MOST_REACTIONS,
    Announcement,
    Totals,
    checked_text,
    is_emoji,
    is_shortcode,
)
from fedrse.features.announcements.model_events import (
    Announced,
    AnnouncementDeleted,
    AnnouncementReacted,
    AnnouncementRead,
)
from fedrse.features.announcements.model_units import checked_units
from fedrse.features.announcements.service_readers import Readers
from fedrse.features.posts.model import tag_address
from fedrse.features.posts.service_compose import Composed, Composer
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

Entity = dict[str, Any]


class EmojiSource(Protocol):
    """Custom emoji of this site; implemented by ``emoji.service.Emojis``."""

    async def named(self, tx: Transaction, shortcodes: Sequence[str]) -> list[Entity]: ...


class PostPages(Protocol):
    """Finds posts by the addresses of their pages; implemented in ``app``."""

    async def __call__(self, tx: Transaction, addresses: Sequence[str]) -> list[Entity]:
        """``{"id": ..., "url": ...}`` of those that everybody here may read."""


class Announcements:
    """The only writer of announcements."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        origin: str,
        composer: Composer | None = None,
        emojis: EmojiSource | None = None,
        pages: PostPages | None = None,
        readers: Readers | None = None,
    ) -> None:
        """Without ``composer`` and ``readers`` nothing can be shown: it can be made."""
        self._clock = clock
        self._ids = ids
        self._events = events
        self._origin = origin
        self._composer = composer
        self._emojis = emojis
        self._pages = pages
        self._readers = readers

    # By the people in charge

    async def create(
        self,
        tx: Transaction,
        text: str,
        *,
        starts_at: int | None = None,
        ends_at: int | None = None,
        all_day: bool = False,
        must_read: bool = False,
        hosts: Sequence[str] = (),
        here: bool = True,
        units: Sequence[str] = (),
    ) -> Announcement:
        """Announces something; before ``starts_at`` nobody sees it. Raises Invalid.

        It is for the people of ``units``, none: for everybody; of this site, where ``here``, and
        of the sites ``hosts``.
        """
        if not here and not hosts:
            raise Invalid("nobody_meant", "Validation failed: Sites can't be blank")
        if starts_at is not None and ends_at is not None and ends_at < starts_at:
            raise Invalid("ends_before_start", "Validation failed: Ends at is before its start")
        now = self._clock.now()
        made = Announcement(
            id=self._ids.new(),
            text=checked_text(text),
            starts_at=starts_at,
            ends_at=ends_at,
            all_day=all_day,
            published_at=now,
            updated_at=now,
            told_at=None,
            deleted_at=None,
            must_read=must_read,
            hosts=json.encode(sorted(hosts)).decode(),
            here=here,
            units=json.encode(checked_units(units)).decode(),
        )
        await self.keep(tx, made)
        return made

    async def keep(self, tx: Transaction, made: Announcement) -> None:
        """Writes one down; those of other sites are made by ``service_network``."""
        await tx.run(
            queries.ADD, **{name: getattr(made, name) for name in Announcement.__struct_fields__}
        )

    async def all(self, tx: Transaction) -> list[Announcement]:
        """All that were not deleted, those of the past included, oldest first."""
        return [Announcement(*row) for row in await tx.all(queries.ALL)]

    async def delete(self, tx: Transaction, announcement_id: int) -> None:
        """Takes one back. Raises NotFound."""
        if not await tx.run(queries.MARK_DELETED, key=announcement_id, now=self._clock.now()):
            raise NotFound

    async def tell(self, tx: Transaction) -> None:
        """Publishes what is new or gone; called every half minute."""
        now = self._clock.now()
        for row in await tx.all(queries.UNTOLD, now=now):
            found = Announcement(*row)
            if found.deleted_at is not None:
                # Told first: who hears of it reads what it was.
                await self._events.publish(tx, AnnouncementDeleted(found.id))
                await tx.run(queries.REMOVE, key=found.id)
            elif await tx.run(queries.SET_TOLD, key=found.id, now=now) and found.is_shown(now):
                await self._events.publish(tx, Announced(found.id))

    # By everybody

    async def dismiss(self, tx: Transaction, viewer: int, announcement_id: int) -> None:
        """Puts one away. Raises NotFound."""
        found = await self._access(tx, viewer, announcement_id)
        await tx.run(
            queries.MARK_READ,
            announcement_id=announcement_id,
            account_id=viewer,
            confirmed_at=None,
        )
        await self._tell_read(tx, found)

    async def confirm(self, tx: Transaction, viewer: int, announcement_id: int) -> None:
        """Somebody says that they have read one; once is enough. Raises NotFound."""
        found = await self._access(tx, viewer, announcement_id)
        await tx.run(
            queries.CONFIRM,
            announcement_id=announcement_id,
            account_id=viewer,
            confirmed_at=self._clock.now(),
        )
        await self._tell_read(tx, found)

    async def _tell_read(self, tx: Transaction, found: Announcement) -> None:
        if found.host is not None:
            await self._events.publish(tx, AnnouncementRead(found.id))

    async def react(self, tx: Transaction, viewer: int, announcement_id: int, name: str) -> None:
        """Reacts with an emoji. Raises NotFound, Invalid."""
        await self._access(tx, viewer, announcement_id)
        await self._check_name(tx, announcement_id, name)
        added = await tx.run(
            queries.REACT,
            announcement_id=announcement_id,
            account_id=viewer,
            name=name,
            created_at=self._clock.now(),
        )
        if added:
            await self._tell_reaction(tx, announcement_id, name)

    async def unreact(self, tx: Transaction, viewer: int, announcement_id: int, name: str) -> None:
        """Takes a reaction back; one that was never made is fine. Raises NotFound."""
        await self._access(tx, viewer, announcement_id)
        if await tx.run(queries.UNREACT, key=announcement_id, me=viewer, name=name):
            await self._tell_reaction(tx, announcement_id, name)

    async def _tell_reaction(self, tx: Transaction, announcement_id: int, name: str) -> None:
        count = int(await tx.value(queries.COUNT, key=announcement_id, name=name))
        await self._events.publish(tx, AnnouncementReacted(announcement_id, name, count))

    async def _check_name(self, tx: Transaction, announcement_id: int, name: str) -> None:
        known = is_emoji(name)
        if not known and self._emojis is not None and is_shortcode(name):
            known = bool(await self._emojis.named(tx, [name]))
        if not known:
            raise Invalid("emoji_unknown", "Validation failed: Name is not a recognized emoji")
        used = {row[0] for row in await tx.all(queries.NAMES, key=announcement_id)}
        if name not in used and len(used) >= MOST_REACTIONS:
            raise Invalid(
                "too_many_reactions", "Validation failed: Limit of different reactions reached"
            )

    async def _access(self, tx: Transaction, viewer: int, announcement_id: int) -> Announcement:
        found = await self._shown(tx, announcement_id)
        if found is None or not await self._meant(tx, viewer, [found]):
            raise NotFound
        return found

    async def _shown(self, tx: Transaction, announcement_id: int) -> Announcement | None:
        row = await tx.one(queries.BY_ID, key=announcement_id)
        found = None if row is None else Announcement(*row)
        return found if found is not None and found.is_shown(self._clock.now()) else None

    async def _meant(
        self, tx: Transaction, viewer: int, found: Sequence[Announcement]
    ) -> list[Announcement]:
        return [] if self._readers is None else await self._readers.only_for(tx, viewer, found)

    async def readers(
        self, tx: Transaction, announcement_id: int, people: Sequence[int]
    ) -> Collection[int]:
        """Those of these people of this site to whom it is shown now."""
        found = await self._shown(tx, announcement_id)
        if found is None or self._readers is None:
            return ()
        return await self._readers.among(tx, found, people)

    # Showing

    async def listing(
        self,
        tx: Transaction,
        viewer: int,
        *,
        with_dismissed: bool = False,
        with_made_here: bool = False,
    ) -> list[Entity]:
        """What is shown now, oldest first, as Mastodon ``Announcement`` entities.

        ``with_made_here``: also what this site announces to others than the viewer, who may take it
        back. Each says whether it is ``meant`` for the viewer.
        """
        now = self._clock.now()
        read = {row[0]: row[1] for row in await tx.all(queries.READ, me=viewer)}
        asked = [
            one
            for one in await self.all(tx)
            if one.is_shown(now) and (with_dismissed or one.id not in read)
        ]
        meant = {one.id for one in await self._meant(tx, viewer, asked)}
        shown = [one for one in asked if one.id in meant or (with_made_here and one.host is None)]
        reactions = await self._reactions(tx, [one.id for one in shown], viewer)
        return [
            await self._entity(tx, one, reactions.get(one.id, []))
            | {"read": one.id in read, "confirmed": read.get(one.id) is not None}
            | ({} if not with_made_here else {"meant": one.id in meant})
            for one in shown
        ]

    async def waiting(self, tx: Transaction, viewer: int, most: int) -> list[Entity]:
        """What somebody has still to look at, what must be read first; one query for nothing.

        And one more where something that is shown now is for some units.
        """
        now = self._clock.now()
        rows = [Announcement(*row) for row in await tx.all(queries.WAITING, me=viewer, now=now)]
        shown = await self._meant(tx, viewer, [one for one in rows if one.is_shown(now)])
        return [await self._entity(tx, one, []) for one in shown[:most]]

    async def totals(self, tx: Transaction, shown: Sequence[Announcement]) -> dict[int, Totals]:
        """How many people here each of these has reached: at most four statements."""
        return {} if self._readers is None else await self._readers.totals(tx, shown)

    async def totals_elsewhere(
        self, tx: Transaction, ids: Sequence[int]
    ) -> dict[int, dict[str, Totals]]:
        """What other sites told about these of ours, by announcement and host."""
        found: dict[int, dict[str, Totals]] = {}
        for row in await tx.all(queries.TOTALS, ids=list(ids)):
            told = Totals(int(row.delivered), int(row.read))
            found.setdefault(row.announcement_id, {})[row.host] = told
        return found

    async def for_all(self, tx: Transaction, announcement_id: int) -> Entity | None:
        """The entity without what one person did; None if it is not shown (any more)."""
        found = await self._shown(tx, announcement_id)
        if found is None:
            return None
        reactions = await self._reactions(tx, [found.id], 0)
        for one in reactions.get(found.id, []):
            one.pop("me")
        return await self._entity(tx, found, reactions.get(found.id, []))

    async def _reactions(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> dict[int, list[Entity]]:
        rows: list[Row] = await tx.all(queries.REACTIONS, ids=ids, me=viewer) if ids else []
        wanted = [row.name for row in rows if is_shortcode(row.name)]
        custom: dict[str, Entity] = {}
        if self._emojis is not None and wanted:
            custom = {one["shortcode"]: one for one in await self._emojis.named(tx, wanted)}
        found: dict[int, list[Entity]] = {}
        for row in rows:
            emoji = custom.get(row.name, {})
            reaction = {
                "name": row.name,
                "count": int(row.count),
                "me": bool(row.mine),
                "url": emoji.get("url", ""),
                "static_url": emoji.get("static_url", ""),
            }
            if not emoji:
                del reaction["url"], reaction["static_url"]
            found.setdefault(row.announcement_id, []).append(reaction)
        return found

    async def _entity(self, tx: Transaction, one: Announcement, reactions: list[Entity]) -> Entity:
        composed = (
            Composed(one.html, (), (), ())
            if self._composer is None or one.host is not None
            else await self._composer.compose(tx, one.text, PLAIN)
        )
        own = one.text if one.host is None else ""
        links = [entity.url for entity in extract_entities(own) if isinstance(entity, Link)]
        statuses = await self._pages(tx, links) if links and self._pages is not None else []
        return {
            "id": str(one.id),
            "content": composed.html,
            "starts_at": None if one.starts_at is None else to_iso(one.starts_at),
            "ends_at": None if one.ends_at is None else to_iso(one.ends_at),
            "all_day": one.all_day,
            "published_at": to_iso(one.published_at),
            "updated_at": to_iso(one.updated_at),
            "mentions": [
                {
                    "id": str(person.id),
                    "username": person.username,
                    "url": person.url or person.uri,
                    "acct": person.acct,
                }
                for person in composed.mentioned
            ],
            "statuses": statuses,
            "tags": [
                {"name": tag.name, "url": tag_address(self._origin, tag.name)}
                for tag in composed.tags
            ],
            "emojis": list(composed.emojis),
            "reactions": reactions,
            "must_read": one.must_read,
            "site": one.host,
            "units": one.for_units,
        }
