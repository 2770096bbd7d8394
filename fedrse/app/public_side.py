"""Wires what people without an account may see of those who agreed to it."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.features.accounts.pages_public import PublicProfilePage
from fedrse.features.posts.pages_public import FeedFiles
from fedrse.http.routes import Route
from fedrse.web.renderer import Renderer


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The consent of people, and feeds of what they publish."""
    settings = ground.settings
    consent = PublicProfilePage(
        database=ground.database,
        profiles=services.accounts,
        renderer=renderer,
        me=me_of(services, renderer),
        origin=settings.origin,
        is_on=settings.site.public_pages,
    )
    feeds = FeedFiles(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        own_domain=settings.handle_domain,
        origin=settings.origin,
        site_name=settings.site.name,
    )
    return [*consent.routes(), *feeds.routes()]
