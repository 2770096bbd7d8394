"""Wires what apps show beside posts and people: conversations, tags, scheduled posts and so on."""

from __future__ import annotations

from msgspec import Struct

from fedrse.app import collections as app_collections
from fedrse.app import transfer as app_transfer
from fedrse.app.collections import CollectionParts
from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.app.transfer import Transfer
from fedrse.core.urls import origin_of
from fedrse.features.access.api_preferences import PreferencesApi
from fedrse.features.conversations.api import ConversationsApi
from fedrse.features.conversations.service import Conversations
from fedrse.features.directory.api import DirectoryApi
from fedrse.features.directory.service import Directory
from fedrse.features.notifications.jobs import NewsOfCommands
from fedrse.features.notifications.service_collections import CollectionNews
from fedrse.features.notifications.service_confirmations import ConfirmationNews
from fedrse.features.notifications.service_edits import EditNews
from fedrse.features.posts.api import Schedule
from fedrse.features.relationships.api_domains import DomainBlocksApi
from fedrse.features.scheduling import jobs as scheduling_jobs
from fedrse.features.scheduling.api import SchedulingApi
from fedrse.features.scheduling.service import Scheduling
from fedrse.features.sites.api_inbox import SignedFetches
from fedrse.features.streaming.service import Streams
from fedrse.features.streaming.service_conversations import ConversationStreams
from fedrse.features.tags.activities import TagActivities
from fedrse.features.tags.api import TagsApi
from fedrse.features.tags.api_documents import TagDocumentsApi
from fedrse.features.tags.jobs import TagJobs
from fedrse.features.tags.service import Tags
from fedrse.features.tags.service_featured import FeaturedTags
from fedrse.http.routes import Route


class ClientParts(Struct, frozen=True):
    """Services of the features that nothing below depends on."""

    conversations: Conversations
    tags: Tags
    featured_tags: FeaturedTags
    scheduling: Scheduling
    transfer: Transfer
    collections: CollectionParts


def make_parts(
    ground: Ground, protocol: Protocol, services: Services, streams: Streams
) -> ClientParts:
    """Makes them, and registers their handlers of events, activities and jobs."""
    tags = Tags(
        clock=ground.clock, ids=ground.ids, events=ground.events, origin=ground.settings.origin
    )
    parts = ClientParts(
        conversations=Conversations(
            ids=ground.ids,
            events=ground.events,
            people=services.accounts,
            statuses=services.posts,
        ),
        tags=tags,
        featured_tags=FeaturedTags(
            clock=ground.clock,
            ids=ground.ids,
            local_ids=ground.local_ids,
            outbox=protocol.outbox,
            queue=ground.queue,
            tags=tags,
        ),
        scheduling=Scheduling(
            clock=ground.clock,
            ids=ground.ids,
            events=ground.events,
            queue=ground.queue,
            posts=services.posts,
            people=services.accounts,
            media=services.media,
            media_urls=services.media_urls,
        ),
        transfer=app_transfer.make_migration(ground, protocol, services),
        collections=app_collections.make(ground, protocol, services),
    )
    _register(ground, protocol, services, parts)
    ConversationStreams(
        streams=streams,
        events=ground.events,
        conversations=parts.conversations,
        bonds=services.relationships,
    )
    return parts


def _register(ground: Ground, protocol: Protocol, services: Services, parts: ClientParts) -> None:
    scheduling_jobs.register(ground.runner, parts.scheduling)
    EditNews(
        clock=ground.clock,
        queue=ground.queue,
        events=ground.events,
        notifications=services.notifications,
    ).register(ground.runner)
    CollectionNews(events=ground.events, notifications=services.notifications)
    ConfirmationNews(events=ground.events, notifications=services.notifications)
    NewsOfCommands(queue=ground.queue, events=ground.events).register(ground.runner)
    people = services.accounts
    TagActivities(people=people, featured=parts.featured_tags).register(protocol.dispatcher)
    TagJobs(
        database=ground.database,
        people=people,
        documents=protocol.documents,
        featured=parts.featured_tags,
    ).register(ground.runner)


def routes(
    ground: Ground, protocol: Protocol, services: Services, parts: ClientParts
) -> list[Route]:
    """Their addresses."""
    database, people = ground.database, services.accounts
    signed = SignedFetches(protocol.verifier, (origin_of(ground.settings.origin),))
    featured = parts.featured_tags
    tags = TagsApi(database=database, tags=parts.tags, featured=featured, people=people)
    tag_documents = TagDocumentsApi(
        database=database,
        people=people,
        featured=featured,
        local_ids=ground.local_ids,
        signed_fetch=signed,
    )
    return [
        *ConversationsApi(database=database, conversations=parts.conversations).routes(),
        *tags.routes(),
        *DomainBlocksApi(database=database, relationships=services.relationships).routes(),
        *DirectoryApi(database=database, directory=Directory(), people=people).routes(),
        *PreferencesApi(database=database, logins=services.access.logins).routes(),
        *_scheduling_api(ground, services, parts).routes(),
        *tag_documents.routes(),
        *app_collections.routes(ground, protocol, services, parts.collections),
    ]


def _scheduling_api(ground: Ground, services: Services, parts: ClientParts) -> SchedulingApi:
    return SchedulingApi(
        database=ground.database, scheduling=parts.scheduling, people=services.accounts
    )


def schedule(ground: Ground, services: Services, parts: ClientParts) -> Schedule:
    """Where the client API of posts hands over what shall be published later."""
    return _scheduling_api(ground, services, parts).schedule
