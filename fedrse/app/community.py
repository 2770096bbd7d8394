"""Wires what people hear of each other and of the site: notifications, announcements."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from fedrse.app.ground import Ground
from fedrse.app.languages import languages
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.clock import SECOND
from fedrse.features.announcements.activities import AnnouncementActivities
from fedrse.features.announcements.api import AnnouncementsApi
from fedrse.features.announcements.model_events import (
    Announced,
    AnnouncementDeleted,
    AnnouncementReacted,
)
from fedrse.features.announcements.pages import AnnouncementPages
from fedrse.features.announcements.service import Announcements
from fedrse.features.announcements.service_network import TELL_TOTALS, SiteAnnouncements
from fedrse.features.announcements.service_readers import Readers
from fedrse.features.cards.jobs import CardJobs
from fedrse.features.cards.service import Cards
from fedrse.features.network.service import Network
from fedrse.features.notifications import api as notifications_api
from fedrse.features.notifications.api_groups import GroupsApi
from fedrse.features.notifications.api_requests import RequestsApi
from fedrse.features.notifications.service_groups import Groups
from fedrse.features.posts.model import OPEN
from fedrse.features.posts.service_compose import Composer
from fedrse.features.posts.service_ports import ReadyPart
from fedrse.features.profiles.service_units import Units
from fedrse.features.streaming.service import Hint, Streams, same_for, same_for_all
from fedrse.features.tags.service import Tags
from fedrse.features.trends.api import TrendsApi
from fedrse.features.trends.service import COUNT_EVERY, Trends
from fedrse.http.routes import Route
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

ANNOUNCE = "announcements.tell"
COUNT_TRENDS = "trends.count"
_PAGE = re.compile(r"/@[^/@]{1,200}/([0-9]{1,19})/?")
_MOST_LINKS = 10


def announcements_of(ground: Ground, services: Services) -> Announcements:
    """Announcements that can be shown."""
    origin, posts = ground.settings.origin, services.posts

    async def pages(tx: Transaction, addresses: Sequence[str]) -> list[dict[str, Any]]:
        found = []
        for address in addresses[:_MOST_LINKS]:
            page = _PAGE.fullmatch(address.removeprefix(origin))
            post = await posts.by_id(tx, int(page[1])) if page is not None else None
            if post is not None and post.local and post.audience in OPEN:
                found.append({"id": str(post.id), "url": address})
        return found

    return Announcements(
        clock=ground.clock,
        ids=ground.ids,
        events=ground.events,
        origin=origin,
        composer=Composer(
            origin=origin,
            own_domain=ground.settings.handle_domain,
            people=services.accounts,
            emojis=services.emojis,
        ),
        emojis=services.emojis,
        pages=pages,
        readers=readers_of(services),
    )


def readers_of(services: Services) -> Readers:
    """Who tells for whom announcements are."""
    return Readers(units=Units(), people=services.access.logins.active_times)


def register(ground: Ground, protocol: Protocol, services: Services, streams: Streams) -> None:
    """What these features add to posts, periodic work, and what open apps hear at once."""
    _register_cards(ground, protocol, services)
    _register_announcements(ground, services, streams)
    _register_sites(ground, protocol, services)
    trends = trends_of(ground)

    async def count(_job: Job) -> None:
        await ground.database.write(trends.count)

    ground.runner.every(COUNT_EVERY, COUNT_TRENDS, count)


def trends_of(ground: Ground) -> Trends:
    """What trends, as the settings let people see it."""
    return Trends(clock=ground.clock, needs_review=ground.settings.trends.review)


def cards_of(ground: Ground, services: Services, protocol: Protocol | None = None) -> Cards:
    """Previews; with ``protocol``, posts of peers that rules show without pictures get none."""
    silent = {} if protocol is None else {"without_media": protocol.control.strips_media}
    return Cards(
        clock=ground.clock,
        ids=ground.ids,
        jobs=ground.queue,
        changed=services.posts.counters.changed,
        address_of=services.media_urls.of,
        own_origin=ground.settings.origin,
        **silent,
    )


def _register_cards(ground: Ground, protocol: Protocol, services: Services) -> None:
    posts, cards = services.posts, cards_of(ground, services, protocol)
    cards.listen(ground.events)
    posts.fragments.add_part(ReadyPart("card", cards.render, from_start=False))
    CardJobs(
        database=ground.database,
        cards=cards,
        client=protocol.client,
        blobs=services.blobs,
        workers=services.workers,
    ).register(ground.runner)


def _register_sites(ground: Ground, protocol: Protocol, services: Services) -> None:
    """Announcements from and to other sites."""
    sites = SiteAnnouncements(
        announcements=announcements_of(ground, services),
        people=services.accounts,
        network=protocol.network,
        outbox=protocol.outbox,
        jobs=ground.queue,
        clock=ground.clock,
        ids=ground.ids,
        origin=ground.settings.origin,
    )
    sites.listen(ground.events)
    AnnouncementActivities(sites=sites, network=protocol.network).register(protocol.dispatcher)
    ground.runner.handle_in_transaction(TELL_TOTALS, sites.tell_totals)


def _register_announcements(ground: Ground, services: Services, streams: Streams) -> None:
    announcements = announcements_of(ground, services)

    async def announced(tx: Transaction, event: Announced) -> None:
        streams.tell(tx, "announcement", [event.announcement_id])

    async def deleted(tx: Transaction, event: AnnouncementDeleted) -> None:
        streams.tell(tx, "announcement.delete", [event.announcement_id])

    async def reacted(tx: Transaction, event: AnnouncementReacted) -> None:
        hint = [event.announcement_id, event.count, *map(ord, event.name)]
        streams.tell(tx, "announcement.reaction", hint)

    ground.events.subscribe(Announced, announced)
    ground.events.subscribe(AnnouncementDeleted, deleted)
    ground.events.subscribe(AnnouncementReacted, reacted)

    async def announcement(tx: Transaction, hint: Hint) -> bytes | None:
        entity = await announcements.for_all(tx, hint[0])
        return None if entity is None else msgspec.json.encode(entity)

    async def identifier(_tx: Transaction, hint: Hint) -> bytes | None:
        return str(hint[0]).encode()

    async def reaction(_tx: Transaction, hint: Hint) -> bytes | None:
        name = "".join(map(chr, hint[2:]))
        told = {"name": name, "count": hint[1], "announcement_id": str(hint[0])}
        return msgspec.json.encode(told)

    async def readers(tx: Transaction, hint: Hint, people: Sequence[int]) -> Collection[int]:
        return await announcements.readers(tx, hint[0], people)

    streams.add_source(same_for(readers, announcement), "announcement")
    # It is gone, so nobody knows for whom it was; a number says nothing to whoever never saw it.
    streams.add_source(same_for_all(identifier), "announcement.delete")
    streams.add_source(same_for(readers, reaction), "announcement.reaction")

    async def tell(_job: Job) -> None:
        await ground.database.write(announcements.tell)

    ground.runner.every(30 * SECOND, ANNOUNCE, tell)


def routes(ground: Ground, services: Services, tags: Tags) -> list[Route]:
    """Their addresses in the client API."""
    database = ground.database
    announcements = AnnouncementsApi(
        database=database, announcements=announcements_of(ground, services)
    )
    trends = TrendsApi(
        database=database,
        trends=trends_of(ground),
        tags=tags,
        statuses=services.posts.statuses,
        card=cards_of(ground, services).entity,
        public_pages=ground.settings.site.public_pages,
    )
    return [
        *announcements.routes(),
        *trends.routes(),
        *_notification_routes(ground, services),
    ]


def page_routes(ground: Ground, services: Services, renderer: Renderer, me: Me) -> list[Route]:
    """Pages of announcements."""
    return AnnouncementPages(
        database=ground.database,
        announcements=announcements_of(ground, services),
        readers=readers_of(services),
        audit=ground.audit,
        hosts=Network(settings=ground.settings, local_ids=ground.local_ids).member_hosts,
        clock=ground.clock,
        renderer=renderer,
        me=me,
    ).routes()


def _notification_routes(ground: Ground, services: Services) -> list[Route]:
    database, people = ground.database, services.accounts
    statuses = services.posts.statuses
    reports = services.reports.entities
    notifications = notifications_api.NotificationsApi(
        database, services.notifications, people, statuses, reports, say=languages().gettext
    )
    services.notifications.first_pages.listen(database)
    groups = GroupsApi(
        database=database,
        groups=Groups(services.notifications.first_pages),
        accounts=people,
        statuses=statuses,
        reports=reports,
        say=languages().gettext,
    )
    requests = RequestsApi(
        database=database,
        requests=services.notifications.requests,
        accounts=people,
        statuses=statuses,
    )
    return [
        *notifications_api.routes(notifications),
        *groups.routes(),
        *requests.routes(),
    ]
