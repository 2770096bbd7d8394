"""Wires what people do with posts on pages: likes, reactions, shares, bookmarks, follows."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.posts.model_drawing import Drawing
from fedrse.features.reactions.pages import InteractionPages
from fedrse.features.reactions.pages_kinds import KindPages
from fedrse.http.routes import Route
from fedrse.web.renderer import Renderer


def page_routes(
    ground: Ground, services: Services, renderer: Renderer, drawing: Drawing
) -> list[Route]:
    """Where the forms under posts and on profiles go."""
    acting = InteractionPages(
        database=ground.database,
        posts=services.posts,
        reactions=services.reactions,
        relationships=services.relationships,
        people=services.accounts,
    )
    kinds = KindPages(
        database=ground.database,
        posts=services.posts,
        reactions=services.reactions,
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
    )
    return [*acting.routes(), *kinds.routes()]
