"""Wires posts and likes: what other features and jobs add, and all their surfaces."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.activitypub.threads import Threads
from fedrse.app import community as app_community
from fedrse.app import compose as app_compose
from fedrse.app import messages as app_messages
from fedrse.app import reactions as app_reactions
from fedrse.app.ground import Ground
from fedrse.app.home import AroundHome
from fedrse.app.me import me_of
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.clock import SECOND
from fedrse.core.errors import FedrseError, NotFound
from fedrse.core.urls import origin_of
from fedrse.features.accounts.jobs_totals import ProfileTotals
from fedrse.features.accounts.model_handles import Handle
from fedrse.features.posts.api import Schedule, StatusesApi
from fedrse.features.posts.api_actions import ActionsApi
from fedrse.features.posts.api_documents import DocumentsApi
from fedrse.features.posts.api_extras import ExtrasApi
from fedrse.features.posts.jobs import PostJobs, ThreadOpener
from fedrse.features.posts.model import QuotePolicy, Visibility
from fedrse.features.posts.pages import About, PostPages
from fedrse.features.posts.service_collections import Collections
from fedrse.features.posts.service_ports import PostDefaults, Preferences
from fedrse.features.posts.service_render import Applications
from fedrse.features.reactions.api import FavouritesApi
from fedrse.features.reactions.api_documents import LikesApi
from fedrse.features.reactions.jobs import ReactionJobs
from fedrse.features.reactions.service_flags import contribute
from fedrse.features.scheduling.service import Scheduling
from fedrse.features.search.pages import InteractPage
from fedrse.features.search.pages import Lookup as InteractLookup
from fedrse.features.sites.api_inbox import SignedFetches
from fedrse.features.tags.pages import TopicPages
from fedrse.features.tags.service import Tags
from fedrse.features.timelines.pages import HomePage
from fedrse.features.timelines.pages_feeds import FeedPages
from fedrse.features.timelines.pages_tags import TagPage
from fedrse.features.trends.model_review import REVIEWED
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

MOST_LOOKED_UP = 10
LONGEST_LOOK_UP = 5 * SECOND
log = structlog.get_logger(__name__)


def register(ground: Ground, protocol: Protocol, services: Services) -> None:
    """What likes add to posts, and the jobs of posts."""
    contribute(services.posts, services.reactions)
    services.posts.prefer_with(_preferences(services))
    services.posts.fragments.name_applications_with(_application_names(services))
    PostJobs(
        database=ground.database,
        posts=services.posts,
        fetcher=protocol.resolver,
        threads=Threads(
            resolver=protocol.resolver, collections=RemoteCollections(protocol.documents)
        ),
        clock=ground.clock,
    ).register(ground.runner)
    ReactionJobs(
        database=ground.database,
        reactions=services.reactions,
        posts=services.posts,
        queue=ground.queue,
        events=ground.events,
    ).register(ground.runner)


def _preferences(services: Services) -> Preferences:
    logins = services.access.logins

    async def preferences(tx: Transaction, account_id: int) -> PostDefaults:
        login = await logins.by_account(tx, account_id)
        if login is None:
            return PostDefaults()
        return PostDefaults(
            visibility=Visibility(login.default_visibility),
            quote_policy=QuotePolicy(login.default_quote_policy),
            sensitive=login.default_sensitive,
            language=login.default_language or login.locale,
        )

    return preferences


def _application_names(services: Services) -> Applications:
    oauth = services.access.oauth

    async def names(tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        found = {}
        for app_id in ids:
            with suppress(NotFound):
                app = await oauth.app_by_id(tx, app_id)
                found[app_id] = {"name": app.name, "website": app.website}
        return found

    return names


def client_routes(
    ground: Ground, protocol: Protocol, services: Services, *, schedule: Schedule
) -> list[Route]:
    """Client API of posts and likes."""
    database, posts, people = ground.database, services.posts, services.accounts
    opener = ThreadOpener(database=database, queue=ground.queue, clock=ground.clock)
    statuses = StatusesApi(
        database=database,
        posts=posts,
        people=people,
        look_up=HandleLookUp(ground, protocol, services),
        opened=opener,
        schedule=schedule,
    )
    actions = ActionsApi(database=database, posts=posts, people=people)
    favourites = FavouritesApi(
        database=database, posts=posts, reactions=services.reactions, people=people
    )
    extras = ExtrasApi(
        database=database,
        posts=posts,
        refreshes=opener,
        origin=ground.settings.origin,
        title=ground.settings.site.name,
    )
    return [*statuses.routes(), *actions.routes(), *favourites.routes(), *extras.routes()]


def activitypub_routes(ground: Ground, protocol: Protocol, services: Services) -> list[Route]:
    """Signed fetches of posts, their collections and likes."""
    signed = SignedFetches(protocol.verifier, (origin_of(ground.settings.origin),))
    documents = DocumentsApi(
        database=ground.database,
        collections=_collections(ground, services),
        signed_fetch=signed,
    )
    likes = LikesApi(
        database=ground.database,
        posts=services.posts,
        reactions=services.reactions,
        people=services.accounts,
        signed_fetch=signed,
    )
    return [*documents.routes(), *likes.routes()]


def _collections(ground: Ground, services: Services) -> Collections:
    return Collections(posts=services.posts, people=services.accounts, local_ids=ground.local_ids)


def page_routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    renderer: Renderer,
    *,
    totals: ProfileTotals,
    lookup: InteractLookup,
    about: About,
    scheduling: Scheduling,
    tags: Tags,
) -> list[Route]:
    """Pages of posts, profiles and tags, the home timeline, and what people do there."""
    settings = ground.settings
    media = settings.media.base_url
    pages = PostPages(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        renderer=renderer,
        own_domain=settings.handle_domain,
        media_origin=None if media is None else str(origin_of(media)),
        profile_opened=totals.opened,
        bonds=services.relationships.relationships,
        about=about,
        familiar=services.relationships.familiar_followers,
        grave=_collections(ground, services).grave,
    )
    look_up = HandleLookUp(ground, protocol, services)
    messages = app_messages.routes(ground, services, renderer, pages, look_up)
    written = app_compose.routes(
        ground,
        protocol,
        services,
        renderer,
        drawing=pages,
        preferences=_preferences(services),
        look_up=look_up,
        scheduling=scheduling,
    )
    around = AroundHome(
        services,
        tags,
        renderer,
        ground.clock,
        app_community.announcements_of(ground, services),
        trends=app_community.trends_of(ground),
    )
    ground.database.listen(REVIEWED, lambda _payload: around.forget_topics())
    more = _more_pages(ground, services, renderer, pages, lookup=lookup, around=around, tags=tags)
    return [*pages.routes(), *messages, *written, *more]


def _more_pages(
    ground: Ground,
    services: Services,
    renderer: Renderer,
    drawing: PostPages,
    *,
    lookup: InteractLookup,
    around: AroundHome,
    tags: Tags,
) -> list[Route]:
    home = HomePage(
        database=ground.database,
        timelines=services.timelines,
        drawing=drawing,
        renderer=renderer,
        around=around,
    )
    of_tag = TagPage(
        database=ground.database,
        timelines=services.timelines,
        tags=tags,
        drawing=drawing,
        renderer=renderer,
    )
    topics = TopicPages(
        database=ground.database, tags=tags, renderer=renderer, me=me_of(services, renderer)
    )
    found = InteractPage(
        database=ground.database,
        lookup=lookup,
        people=services.accounts,
        posts=services.posts,
        bonds=services.relationships.relationships,
        drawing=drawing,
        renderer=renderer,
    )
    return [
        *home.routes(),
        *of_tag.routes(),
        *topics.routes(),
        *_feeds(ground, services, renderer, drawing).routes(),
        *app_reactions.page_routes(ground, services, renderer, drawing),
        *found.routes(),
    ]


def _feeds(ground: Ground, services: Services, renderer: Renderer, drawing: PostPages) -> FeedPages:
    return FeedPages(
        database=ground.database,
        timelines=services.timelines,
        lists=services.lists,
        reactions=services.reactions,
        drawing=drawing,
        renderer=renderer,
    )


class HandleLookUp:
    """Makes people known who are mentioned for the first time, as far as that is quick."""

    def __init__(self, ground: Ground, protocol: Protocol, services: Services) -> None:
        self._database = ground.database
        self._lookup = protocol.lookup
        self._accounts = services.accounts

    async def __call__(self, handles: list[tuple[str, str]]) -> None:
        """See ``posts.api.LookUp``."""
        wanted = [Handle(*pair) for pair in handles]
        known = await self._database.read(self._accounts.by_handles, wanted)
        unknown = [handle for handle in wanted if handle not in known][:MOST_LOOKED_UP]
        if not unknown:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LOOK_UP / SECOND):
                await asyncio.gather(*(self._one(handle) for handle in unknown))

    async def _one(self, handle: Handle) -> None:
        try:
            await self._lookup.lookup(f"{handle.username}@{handle.domain}")
        except FedrseError as error:
            log.debug("mention_unknown", handle=handle, why=error.code)
