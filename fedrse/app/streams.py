"""Wires live streams: which events reach them, and who may watch."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.access.service_credentials import still_valid
from fedrse.features.access.service_revocation import CHANNEL
from fedrse.features.filters.model_events import FiltersChanged
from fedrse.features.notifications.service_entities import NotificationEntities
from fedrse.features.streaming.api import StreamsApi
from fedrse.features.streaming.model import USER, Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.features.streaming.service_notifications import NotificationStreams
from fedrse.features.streaming.service_posts import PostStreams
from fedrse.features.streaming.service_totals import TotalsStreams
from fedrse.http.routes import Route
from fedrse.live.hub import Hub
from fedrse.store.database import Transaction

FILTERS_CHANGED = "filters_changed"


def make_streams(ground: Ground, services: Services) -> Streams:
    """The streams of this process with all their sources; nothing runs yet."""
    database, events = ground.database, ground.events
    streams = Streams(database=database, hub=Hub(database), still_valid=still_valid)
    services.access.revocations.listen(streams.heard_revocation)
    database.listen(CHANNEL, streams.heard_revocation)
    PostStreams(
        streams=streams,
        events=events,
        home=services.timelines,
        statuses=services.posts.for_many,
        lists=services.lists,
    )
    TotalsStreams(streams=streams, events=events, statuses=services.posts.for_many)
    NotificationStreams(
        streams=streams,
        events=events,
        notifications=services.notifications,
        entities=NotificationEntities(people=services.accounts, statuses=services.posts.for_many),
    )
    _register_filters(ground, streams)
    return streams


def _register_filters(ground: Ground, streams: Streams) -> None:
    """Open apps of somebody whose filters change ask for them again."""

    async def changed(tx: Transaction, event: FiltersChanged) -> None:
        streams.tell(tx, FILTERS_CHANGED, [event.account_id])

    async def source(
        _tx: Transaction, hints: Sequence[tuple[str, Hint]], _watching: Watching
    ) -> list[Dispatch]:
        people = dict.fromkeys((hint[0] for _, hint in hints), Message(FILTERS_CHANGED, None))
        return [Dispatch(USER, None, people)]

    ground.events.subscribe(FiltersChanged, changed)
    streams.add_source(source, FILTERS_CHANGED)


def routes(ground: Ground, services: Services, streams: Streams) -> list[Route]:
    """The addresses of live streams."""
    return StreamsApi(
        database=ground.database,
        streams=streams,
        origin=ground.settings.origin,
        owns_list=services.lists.owns,
    ).routes()
