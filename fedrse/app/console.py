"""Wires the console under ``/admin``: its frame, and the pages of each feature."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.features.audit.pages import AuditPages
from fedrse.http.routes import Route
from fedrse.web.console import Console
from fedrse.web.renderer import Renderer


def routes(
    ground: Ground, services: Services, renderer: Renderer, others: Sequence[Route]
) -> list[Route]:
    """All pages of the console but those that are among ``others``, the routes of the site."""
    console = Console(renderer)
    me = me_of(services, renderer)
    audit = AuditPages(database=ground.database, audit=ground.audit, console=console, me=me)
    made = [*console.routes(), *audit.routes()]
    console.open([*others, *made])
    return made
