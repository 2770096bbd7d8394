"""Whoever is signed in, as the head and menu of each page show them."""

from __future__ import annotations

from fedrse.app.services import Services
from fedrse.core.errors import Unauthenticated
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
