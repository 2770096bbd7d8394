"""Wires pages about other people and one's own affairs: notifications, search, filters, blocks."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import origin_of
from fedrse.features.moderation.pages import ReportPages
from fedrse.features.posts.pages import PostPages
from fedrse.features.reactions.pages_people import ReactionPeoplePages
from fedrse.features.relationships.pages import PersonPages
from fedrse.features.relationships.pages_lists import ListPages
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person


def me_of(services: Services, renderer: Renderer) -> Me:
    """Reads whoever is signed in."""

    async def me(tx: Transaction, viewer: int) -> Person:
        entity = (await services.accounts.entities(tx, [viewer])).get(viewer)
        if entity is None:
            raise Unauthenticated("login_required", "Sign in to continue")
        return renderer.faces.person(entity)

    return me


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The addresses of these pages."""
    return [
        *_relationships(ground, services, renderer),
        *_about_posts(ground, services, renderer),
    ]


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


def _relationships(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    me = me_of(services, renderer)
    person = PersonPages(
        database=ground.database,
        accounts=services.accounts,
        relationships=services.relationships,
        renderer=renderer,
        me=me,
    )
    lists = ListPages(
        database=ground.database,
        accounts=services.accounts,
        relationships=services.relationships,
        renderer=renderer,
        me=me,
    )
    return [*person.routes(), *lists.routes()]
