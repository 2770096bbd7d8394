"""Wires the console under ``/admin``: its frame, and the pages of each feature."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.features.audit.pages import AuditPages
from fedrse.http.routes import Route
from fedrse.web.console import Console
from fedrse.web.renderer import Renderer


def routes(ground: Ground, services: Services, renderer: Renderer, console: Console) -> list[Route]:
    """All pages of the console; ``console.open`` has to see the routes of the site afterwards."""
    me = me_of(services, renderer)
    audit = AuditPages(database=ground.database, audit=ground.audit, console=console, me=me)
    return [*console.routes(), *audit.routes()]
