"""Wires collections of people: made here, told to other sites, copied from them (FEP-7aa9)."""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.urls import origin_of
from fedrse.features.collections.activities import CollectionActivities
from fedrse.features.collections.api import CollectionsApi
from fedrse.features.collections.api_documents import CollectionDocumentsApi
from fedrse.features.collections.jobs import CollectionJobs
from fedrse.features.collections.pages import CollectionPages, LookUp
from fedrse.features.collections.pages_form import CollectionFormPages
from fedrse.features.collections.service import Collections
from fedrse.features.collections.service_agreement import Agreements
from fedrse.features.collections.service_elsewhere import CollectionsElsewhere
from fedrse.features.collections.service_posts import LinkedCollections
from fedrse.features.collections.service_wire import CollectionWire
from fedrse.features.posts.service_ports import ReadyPart
from fedrse.features.sites.api_inbox import SignedFetches
from fedrse.http.routes import Route
from fedrse.web.renderer import Renderer


class CollectionParts(Struct, frozen=True):
    """The services, and what asks other sites."""

    collections: Collections
    elsewhere: CollectionsElsewhere
    agreements: Agreements
    jobs: CollectionJobs


def make(ground: Ground, protocol: Protocol, services: Services) -> CollectionParts:
    """Makes them, and registers their handlers of events, activities and jobs."""
    people = services.accounts
    wire = CollectionWire(
        ids=ground.ids, local_ids=ground.local_ids, outbox=protocol.outbox, people=people
    )
    collections = Collections(
        clock=ground.clock,
        ids=ground.ids,
        events=ground.events,
        people=people,
        local_ids=ground.local_ids,
        wire=wire,
        changed=services.posts.counters.changed,
    )
    collections.listen(ground.events)
    elsewhere = CollectionsElsewhere(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        events=ground.events,
        people=people,
        queue=ground.queue,
        collections=collections,
        is_member=protocol.network.is_member,
    )
    agreements = Agreements(
        clock=ground.clock,
        ids=ground.ids,
        events=ground.events,
        people=people,
        collections=collections,
        wire=wire,
        keeps_away=services.relationships.silences.keeps_away,
        is_member=protocol.network.is_member,
    )
    jobs = _jobs(ground, protocol, services, elsewhere, _links(ground, services, collections))
    parts = CollectionParts(collections, elsewhere, agreements, jobs)
    _activities(ground, services, parts, wire).register(protocol.dispatcher, protocol.importers)
    return parts


def _activities(
    ground: Ground, services: Services, parts: CollectionParts, wire: CollectionWire
) -> CollectionActivities:
    return CollectionActivities(
        people=services.accounts,
        collections=parts.collections,
        elsewhere=parts.elsewhere,
        agreements=parts.agreements,
        wire=wire,
        local_ids=ground.local_ids,
    )


def _links(ground: Ground, services: Services, collections: Collections) -> LinkedCollections:
    links = LinkedCollections(
        collections=collections,
        local_ids=ground.local_ids,
        queue=ground.queue,
        changed=services.posts.counters.changed,
    )
    links.listen(ground.events)
    services.posts.fragments.add_part(
        ReadyPart("tagged_collections", links.render, from_start=False)
    )
    return links


def _jobs(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    elsewhere: CollectionsElsewhere,
    links: LinkedCollections,
) -> CollectionJobs:
    jobs = CollectionJobs(
        database=ground.database,
        people=services.accounts,
        documents=protocol.documents,
        fetcher=protocol.resolver,
        lists=RemoteCollections(protocol.documents),
        elsewhere=elsewhere,
        links=links,
    )
    jobs.register(ground.runner)
    return jobs


def routes(
    ground: Ground, protocol: Protocol, services: Services, parts: CollectionParts
) -> list[Route]:
    """Client API, and what other sites ask for."""
    api = CollectionsApi(
        database=ground.database,
        collections=parts.collections,
        people=services.accounts,
        elsewhere=parts.elsewhere,
        fetch=parts.jobs.open,
        public_pages=ground.settings.site.public_pages,
    )
    documents = CollectionDocumentsApi(
        database=ground.database,
        people=services.accounts,
        agreements=parts.agreements,
        local_ids=ground.local_ids,
        signed_fetch=SignedFetches(protocol.verifier, (origin_of(ground.settings.origin),)),
    )
    return [*api.routes(), *documents.routes()]


def page_routes(
    ground: Ground,
    services: Services,
    parts: CollectionParts,
    renderer: Renderer,
    *,
    look_up: LookUp,
) -> list[Route]:
    """Pages of collections, where they are made, too."""
    me = me_of(services, renderer)
    shown = CollectionPages(
        database=ground.database,
        collections=parts.collections,
        accounts=services.accounts,
        relationships=services.relationships,
        look_up=look_up,
        renderer=renderer,
        me=me,
    )
    made = CollectionFormPages(
        database=ground.database, collections=parts.collections, renderer=renderer, me=me
    )
    return [*shown.routes(), *made.routes()]
