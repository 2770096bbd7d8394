"""Wires pages about other people and one's own affairs: notifications, search, filters, blocks."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from fedrse.app import community as app_community
from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.core.urls import origin_of
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.filters.pages import FilterPages
from fedrse.features.lists.pages import ListPages as OwnLists
from fedrse.features.migration.pages_account import AccountPages
from fedrse.features.migration.service_leaving import Leaving
from fedrse.features.moderation.pages import ReportPages
from fedrse.features.notifications.pages import PATH as NOTIFICATIONS
from fedrse.features.notifications.pages import NotificationPages
from fedrse.features.notifications.pages_requests import RequestPages
from fedrse.features.notifications.service_groups import Groups
from fedrse.features.posts.pages import PostPages
from fedrse.features.reactions.pages_people import ReactionPeoplePages
from fedrse.features.relationships.pages import PersonPages
from fedrse.features.relationships.pages_follows import FollowPages
from fedrse.features.relationships.pages_lists import ListPages
from fedrse.features.search.api import Lookup
from fedrse.features.search.pages_search import SearchPage
from fedrse.http.request import Request
from fedrse.http.routes import Answer, Handler, Route, Surface
from fedrse.web.renderer import Counts, Renderer


def routes(
    ground: Ground, services: Services, renderer: Renderer, *, lookup: Lookup
) -> list[Route]:
    """The addresses of these pages; ``lookup`` asks other sites what an address names."""
    return [
        *_search(ground, services, renderer, lookup),
        *_relationships(ground, services, renderer),
        *_about_posts(ground, services, renderer),
        *_notifications(ground, services, renderer),
        *_settings(ground, services, renderer, lookup),
        *app_community.page_routes(ground, services, renderer, me_of(services, renderer)),
    ]


def counts_of(services: Services) -> Counts:
    """What is new for somebody, for the main menu; ``counted`` has made it known before."""

    def counts(viewer: int) -> dict[str, int]:
        return {NOTIFICATIONS: services.notifications.unread.known(viewer)}

    return counts


def counted(ground: Ground, services: Services, routes: Iterable[Route]) -> list[Route]:
    """The same routes; those of pages find out what is new for whoever opens them."""
    unread, database = services.notifications.unread, ground.database

    def with_count(handler: Handler) -> Handler:
        async def handle(request: Request) -> Answer:
            if request.viewer is not None:
                await unread.find_out(database, request.viewer)
            return await handler(request)

        return handle

    return [
        replace(route, handler=with_count(route.handler))
        if route.surface is Surface.PAGE and route.method == "GET" and not route.stream
        else route
        for route in routes
    ]


def _search(ground: Ground, services: Services, renderer: Renderer, lookup: Lookup) -> list[Route]:
    page = SearchPage(
        database=ground.database,
        search=services.search,
        people=services.accounts,
        lookup=lookup,
        drawing=_drawing(ground, services, renderer),
        renderer=renderer,
    )
    return page.routes()


def _notifications(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    drawing = _drawing(ground, services, renderer)
    listing = NotificationPages(
        database=ground.database,
        notifications=services.notifications,
        groups=Groups(services.notifications.first_pages),
        people=services.accounts,
        bonds=services.relationships.relationships,
        follow_requests=services.relationships.requests,
        reports=services.reports.entities,
        drawing=drawing,
        renderer=renderer,
    )
    requests = RequestPages(
        database=ground.database,
        notifications=services.notifications,
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
        by_mail=ground.settings.mail.host is not None,
        pushes=ground.settings.push.enabled,
    )
    return [*listing.routes(), *requests.routes()]


def _drawing(ground: Ground, services: Services, renderer: Renderer) -> PostPages:
    """Draws posts on pages of other features."""
    media = ground.settings.media.base_url
    return PostPages(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        renderer=renderer,
        own_domain=ground.settings.handle_domain,
        media_origin=None if media is None else str(origin_of(media)),
    )


def _about_posts(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    reactions = ReactionPeoplePages(
        database=ground.database,
        posts=services.posts,
        reactions=services.reactions,
        people=services.accounts,
        renderer=renderer,
        me=me_of(services, renderer),
        works=services.profiles.works,
    )
    reports = ReportPages(
        database=ground.database,
        reports=services.reports,
        people=services.accounts,
        drawing=_drawing(ground, services, renderer),
        renderer=renderer,
        rules=list(ground.settings.site.rules),
    )
    return [*reactions.routes(), *reports.routes()]


def _settings(
    ground: Ground, services: Services, renderer: Renderer, lookup: Lookup
) -> list[Route]:
    """What people decide for themselves."""
    me, database, access = me_of(services, renderer), ground.database, services.access

    async def find_account(text: str) -> int | None:
        found = (await lookup(text)).account_id
        handle = None if "://" in text else parse_handle(text)
        if found is not None or handle is None:
            return found
        known = await database.read(services.accounts.by_handle, handle.username, handle.domain)
        return None if known is None else known.id

    filters = FilterPages(
        database=database, filters=services.filters, clock=ground.clock, renderer=renderer, me=me
    )
    account = AccountPages(
        database=database,
        accounts=services.accounts,
        logins=access.logins,
        log=SecurityLog(clock=ground.clock, ids=ground.ids, logins=access.logins),
        leaving=Leaving(accounts=services.accounts, logins=access.logins),
        lookup=find_account,
        renderer=renderer,
        me=me,
    )
    lists = OwnLists(
        database=database,
        lists=services.lists,
        accounts=services.accounts,
        relationships=services.relationships,
        renderer=renderer,
        me=me,
    )
    return [*filters.routes(), *account.routes(), *lists.routes()]


def _relationships(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    return [
        route
        for pages in (PersonPages, ListPages, FollowPages)
        for route in pages(
            database=ground.database,
            accounts=services.accounts,
            relationships=services.relationships,
            renderer=renderer,
            me=me_of(services, renderer),
            works=services.profiles.works,
        ).routes()
    ]
