"""Wires what people, apps and other servers see: routes, pages, authentication."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import fedrse.features
from fedrse.app import about as app_about
from fedrse.app import audit_heads as app_audit
from fedrse.app import client_parts
from fedrse.app import collections as app_collections
from fedrse.app import community as app_community
from fedrse.app import interface as app_interface
from fedrse.app import moderation as app_moderation
from fedrse.app import monitoring as app_monitoring
from fedrse.app import pages as app_pages
from fedrse.app import personal as app_personal
from fedrse.app import posts as app_posts
from fedrse.app import profiles as app_profiles
from fedrse.app import public_side as app_public
from fedrse.app import push as app_push
from fedrse.app import registration as app_registration
from fedrse.app import security as app_security
from fedrse.app import streams as app_streams
from fedrse.app import transfer as app_transfer
from fedrse.app import translation as app_translation
from fedrse.app import welcome as app_welcome
from fedrse.app.cards import Cards
from fedrse.app.client_parts import ClientParts
from fedrse.app.ground import Ground
from fedrse.app.languages import languages
from fedrse.app.me import me_of
from fedrse.app.media import upload_routes
from fedrse.app.protocol import Protocol
from fedrse.app.security import SecurityServices
from fedrse.app.services import Services, media_proxy, remote_files
from fedrse.core.errors import FedrseError
from fedrse.core.urls import Origin, origin_of
from fedrse.features.access.api import AccessApi
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_authorize import AuthorizePages
from fedrse.features.access.pages_sessions import SessionPages
from fedrse.features.access.service_credentials import Credentials
from fedrse.features.accounts import api_actors, api_webfinger
from fedrse.features.accounts.jobs_totals import ProfileTotals
from fedrse.features.emoji import api as emoji_api
from fedrse.features.media.api_proxy import ProxyApi
from fedrse.features.moderation.api import ReportsApi
from fedrse.features.network import api_members
from fedrse.features.polls.api import PollsApi
from fedrse.features.push.service import Push
from fedrse.features.relationships import api_collections, api_lists, api_relationships
from fedrse.features.search import api as search_api
from fedrse.features.sites.api_inbox import InboxApi, SignedFetches
from fedrse.features.sites.api_served import ServedDocuments
from fedrse.features.streaming.service import Streams
from fedrse.features.timelines import api as timelines_api
from fedrse.features.translation.service import Translations
from fedrse.http.deferred import Deferred
from fedrse.http.frame import Frame
from fedrse.http.health import Health
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.assets import Assets
from fedrse.web.error_pages import ErrorPages
from fedrse.web.renderer import Renderer, feature_templates

FEATURES = Path(fedrse.features.__path__[0])
CONSOLE = ("/admin", "/api/v1/admin", "/api/v2/admin")
"""Where those in charge look; loaded with the first request."""


def make_frame(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    *,
    streams: Streams,
    push: Push,
    translations: Translations,
    parts: ClientParts,
    assets: Assets,
    health: Health,
    credentials: Credentials,
) -> Frame:
    """The server frame with all routes of all features."""
    renderer = _renderer(ground, services, assets)
    totals = app_profiles.totals_of_profiles(ground, protocol, services)
    security = app_security.of_site(ground, services)
    routes = [
        *app_monitoring.routes(ground, protocol, health),
        *assets.routes(),
        *_access_routes(ground, services, security, renderer, push.key.public),
        *app_registration.routes(ground, services, security, renderer),
        *_activitypub_routes(ground, protocol, services),
        *app_about.routes(ground, protocol, services, renderer, push.key.public),
        *app_posts.activitypub_routes(ground, protocol, services),
        *app_posts.client_routes(
            ground, protocol, services, schedule=client_parts.schedule(ground, services, parts)
        ),
        *_page_routes(ground, protocol, services, renderer, totals=totals, parts=parts),
        *_profile_routes(ground, protocol, services, totals, parts),
        *_client_routes(ground, protocol, services, parts),
        *_parts_routes(ground, services),
        *app_streams.routes(ground, services, streams),
        *app_personal.routes(ground, services),
        *app_push.routes(ground, push),
        *app_translation.routes(ground, services, translations),
        *app_community.routes(ground, services, parts.tags),
        *client_parts.routes(ground, protocol, services, parts),
        *app_public.routes(ground, services, renderer),
        *app_interface.routes(ground, services, renderer),
        *app_transfer.routes(ground, protocol, services, parts.transfer, renderer),
        *app_welcome.routes(ground, services, parts.tags, renderer),
        *app_pages.routes(
            ground, services, renderer, lookup=Finder(ground, protocol, services).find
        ),
    ]

    def console() -> list[Route]:
        made = import_module("fedrse.app.console").routes(
            ground, protocol, services, renderer, routes, tags=parts.tags
        )
        return _watched(ground, protocol, services, made)

    return Frame(
        ground.settings,
        _watched(ground, protocol, services, routes),
        credentials,
        deferred=[Deferred(CONSOLE, console)],
        clock=ground.clock,
        requests=ground.requests,
        pages=ErrorPages(renderer),
        upload_folder=services.blobs.incoming,
    )


def _watched(
    ground: Ground, protocol: Protocol, services: Services, routes: Iterable[Route]
) -> list[Route]:
    """The routes with what happens to all of their kind."""
    return app_pages.counted(ground, services, ServedDocuments(protocol.control).guarded(routes))


def _page_routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    renderer: Renderer,
    *,
    totals: ProfileTotals,
    parts: ClientParts,
) -> list[Route]:
    """Pages of posts and people."""
    finder = Finder(ground, protocol, services)
    cards = Cards(ground, protocol, services, renderer, lookup=finder.account)
    pages = app_posts.page_routes(
        ground,
        protocol,
        services,
        renderer,
        totals=totals,
        lookup=finder.find,
        about=cards.pages.about,
        scheduling=parts.scheduling,
        tags=parts.tags,
    )
    editing = app_profiles.page_routes(ground, services, renderer)
    collections = app_collections.page_routes(
        ground, services, parts.collections, renderer, look_up=finder.account
    )
    return [*pages, *cards.routes(), *editing, *collections]


def _renderer(ground: Ground, services: Services, assets: Assets) -> Renderer:
    templates = feature_templates(FEATURES)
    return Renderer(
        ground.settings,
        assets=assets,
        feature_templates=templates,
        navigation=app_interface.NAVIGATION,
        clock=ground.clock,
        counts=app_pages.counts_of(services),
        languages=languages(),
    )


def _access_routes(
    ground: Ground,
    services: Services,
    security: SecurityServices,
    renderer: Renderer,
    vapid_key: str,
) -> list[Route]:
    access, database = services.access, ground.database
    sign_in = SignInPages(
        database=database,
        logins=access.logins,
        sessions=access.sessions,
        entrance=security.entrance,
        has_passkeys=security.passkeys.is_on,
        oauth=access.oauth,
        renderer=renderer,
        media_origin=ground.settings.media.base_url,
    )
    authorize = AuthorizePages(
        database=database,
        oauth=access.oauth,
        sign_in=sign_in,
        profiles=services.accounts,
        log=security.log,
        renderer=renderer,
    )
    api = AccessApi(
        database=database,
        oauth=access.oauth,
        profiles=services.accounts,
        local_ids=ground.local_ids,
        vapid_key=vapid_key,
    )
    session_pages = SessionPages(
        database=database,
        sessions=access.sessions,
        oauth=access.oauth,
        me=me_of(services, renderer),
        log=security.log,
        renderer=renderer,
    )
    pages = [*sign_in.routes(), *authorize.routes(), *session_pages.routes()]
    guarding = app_security.routes(ground, services, security, sign_in, renderer)
    moderating = app_moderation.routes(ground, services, renderer)
    return [*api.routes(), *pages, *guarding, *moderating]


def _origins(ground: Ground) -> tuple[Origin, ...]:
    return (origin_of(ground.settings.origin),)


def _activitypub_routes(ground: Ground, protocol: Protocol, services: Services) -> list[Route]:
    signed = SignedFetches(protocol.verifier, _origins(ground))
    webfinger = api_webfinger.WebFingerApi(
        database=ground.database,
        accounts=services.accounts,
        settings=ground.settings,
        local_ids=ground.local_ids,
    )
    return [
        *api_webfinger.routes(webfinger),
        *InboxApi(
            services.inbox,
            _origins(ground),
            addressee=lambda who: ground.database.read(services.accounts.check_inbox, who),
        ).routes(),
        *api_actors.routes(
            database=ground.database,
            accounts=services.accounts,
            signed_fetch=signed,
            settings=ground.settings,
            local_ids=ground.local_ids,
        ),
        *api_members.routes(
            network=protocol.network, local_ids=ground.local_ids, signed_fetch=signed
        ),
        *app_audit.heads_routes(ground, protocol, signed),
        *api_collections.routes(
            database=ground.database,
            accounts=services.accounts,
            relationships=services.relationships,
            network=protocol.network,
            local_ids=ground.local_ids,
            signed_fetch=signed,
        ),
    ]


def _profile_routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    totals: ProfileTotals,
    parts: ClientParts,
) -> list[Route]:
    return app_profiles.client_routes(
        ground,
        services,
        lookup=Finder(ground, protocol, services).account,
        totals=totals,
        featured_tags=parts.featured_tags.entities_of,
    )


def _client_routes(
    ground: Ground, protocol: Protocol, services: Services, parts: ClientParts
) -> list[Route]:
    database, posts = ground.database, services.posts
    finder = Finder(ground, protocol, services)
    timelines = timelines_api.TimelinesApi(
        database,
        services.timelines,
        posts.statuses,
        public_pages=ground.settings.site.public_pages,
    )
    search = search_api.SearchApi(
        database=database,
        search=services.search,
        people=services.accounts,
        statuses=posts,
        tags=parts.tags,
        followed=services.relationships.followed_ids,
        lookup=finder.find,
    )
    return [
        *api_relationships.routes(
            database=database,
            accounts=services.accounts,
            relationships=services.relationships,
        ),
        *api_lists.routes(
            database=database,
            accounts=services.accounts,
            relationships=services.relationships,
            lookup=finder.account,
        ),
        *upload_routes(ground, services.uploads, services.media_urls),
        *ProxyApi(
            proxy=media_proxy(ground),
            files=remote_files(ground, protocol, services),
            blobs=services.blobs,
        ).routes(),
        *timelines_api.routes(timelines),
        *search_api.routes(search),
    ]


def _parts_routes(ground: Ground, services: Services) -> list[Route]:
    """Client API of what hangs on posts and people."""
    database, people = ground.database, services.accounts
    polls = PollsApi(database=database, polls=services.polls, people=people)
    reports = ReportsApi(
        database=database,
        reports=services.reports,
        accounts=people,
        rules=len(ground.settings.site.rules),
    )
    return [
        *emoji_api.routes(
            database=database,
            emojis=services.emojis,
            is_public=ground.settings.site.public_pages,
        ),
        *polls.routes(),
        *reports.routes(),
    ]


# The page of somebody, or of a post: /@amina, /@bruno@nantes.example/117658
_PAGE = re.compile(r"/@([^/@]{1,200})(?:@([^/@]{1,255}))?(?:/([0-9]{1,18}))?/?")


class Finder:
    """What a handle or address names, asking its site where it is not known here."""

    def __init__(self, ground: Ground, protocol: Protocol, services: Services) -> None:
        self._ground = ground
        self._lookup = protocol.lookup
        self._services = services

    async def find(self, text: str) -> search_api.Found:
        """See ``search.api.Lookup``."""
        try:
            uri = await self._lookup.lookup(text)
        except FedrseError:
            uri = text
        return await self._ground.database.read(self._known, uri)

    async def account(self, text: str) -> int | None:
        """The id of an account only."""
        return (await self.find(text)).account_id

    async def _known(self, tx: Transaction, uri: str) -> search_api.Found:
        page = _PAGE.fullmatch(uri.removeprefix(self._ground.local_ids.origin))
        if page is not None:
            return await self._of_page(tx, *page.groups())
        account = await self._services.accounts.by_uri(tx, uri)
        if account is not None:
            return search_api.Found(account_id=account.id)
        post = await self._services.posts.by_uri(tx, uri)
        return search_api.Found(post_id=None if post is None else post.id)

    async def _of_page(
        self, tx: Transaction, name: str, domain: str | None, post_id: str | None
    ) -> search_api.Found:
        """What the address of one of this site's pages shows."""
        if post_id is not None:
            return search_api.Found(post_id=int(post_id))
        account = await self._services.accounts.by_handle(tx, name, domain)
        return search_api.Found(account_id=None if account is None else account.id)
