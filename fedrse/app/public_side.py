"""Wires what people without an account may see of those who agreed to it."""

from __future__ import annotations

from importlib import import_module

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.core.errors import NotFound
from fedrse.features.accounts.pages_public import PublicProfilePage
from fedrse.features.mail import service_leaving
from fedrse.features.mail.model import ENDPOINT
from fedrse.features.posts.pages_public import FeedFiles
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.web.renderer import Renderer


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The consent of people, feeds of what they publish, and posts by mail."""
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
    service_leaving.listen(ground.events)
    found = [*consent.routes(), *feeds.routes()]
    if settings.mails_posts:
        found += import_module("fedrse.app.mail").routes(ground, services, renderer)
    else:
        found.append(Route("POST", ENDPOINT, _nobody, Surface.API, Auth.OPTIONAL))
    return found


async def _nobody(_request: Request) -> Reply:
    """Nobody's posts can be had by mail on this site."""
    raise NotFound
