"""Wires pages that are everywhere the same: settings of the person, the style page."""

from __future__ import annotations

from fedrse.app import transfer as app_transfer
from fedrse.app.client_parts import ClientParts
from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.core.errors import Unauthenticated
from fedrse.http.request import Request
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.style_page import Me, StylePage
from fedrse.web.views import Person


def routes(
    ground: Ground, services: Services, parts: ClientParts, renderer: Renderer
) -> list[Route]:
    """Pages of the person, and that of the components."""
    me = me_on_pages(ground, services, renderer)
    return [
        *app_transfer.routes(ground, services, parts.migration, renderer),
        *StylePage(renderer, ground.clock, me).routes(),
    ]


def me_on_pages(ground: Ground, services: Services, renderer: Renderer) -> Me:
    """Reads the account of whoever is signed in, for the account menu."""

    async def me(request: Request) -> Person:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> Person:
            entity = (await services.accounts.entities(tx, [viewer])).get(viewer)
            if entity is None:
                raise Unauthenticated("login_required", "Sign in to continue")
            return renderer.faces.person(entity)

        return await ground.database.read(unit)

    return me
