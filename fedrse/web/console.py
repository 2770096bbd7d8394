"""The frame of the console under ``/admin``: its navigation, by what somebody may do.

A feature adds a page in three steps (docs/architecture.md, "A page of the console"): routes with a
``right`` below ``/admin``, a template that extends ``console.html``, drawn by ``Console.render``,
and a line in ``SECTIONS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person

PATH: Final = "/admin"


class ConsoleSection(Struct, frozen=True, kw_only=True):
    """An entry of the navigation; ``label`` is marked ``translatable``."""

    path: str
    label: str
    icon: str

    def holds(self, path: str) -> bool:
        """Whether a page belongs to this section."""
        return path == self.path or path.startswith(f"{self.path}/")


SECTIONS: Final = (
    ConsoleSection(path=f"{PATH}/overview", label=translatable("Overview"), icon="compass"),
    ConsoleSection(path=f"{PATH}/reports", label=translatable("Reports"), icon="flag"),
    ConsoleSection(path=f"{PATH}/accounts", label=translatable("Accounts"), icon="people"),
    ConsoleSection(path=f"{PATH}/trends", label=translatable("Trends"), icon="chart"),
    ConsoleSection(path=f"{PATH}/blocks", label=translatable("Blocks"), icon="block"),
    ConsoleSection(
        path=f"{PATH}/announcements", label=translatable("Announcements"), icon="megaphone"
    ),
    ConsoleSection(path=f"{PATH}/peers", label=translatable("Other sites"), icon="network"),
    ConsoleSection(path=f"{PATH}/policy", label=translatable("Policy"), icon="shield"),
    ConsoleSection(path=f"{PATH}/quarantine", label=translatable("Quarantine"), icon="filter"),
    ConsoleSection(path=f"{PATH}/queue", label=translatable("Queue"), icon="send"),
    ConsoleSection(path=f"{PATH}/audit", label=translatable("Audit"), icon="history"),
    ConsoleSection(path=f"{PATH}/settings", label=translatable("Settings"), icon="settings"),
)
"""In the order of the navigation; a section is there as soon as its page is."""


class Console:
    """Draws pages of the console, each with the sections that whoever looks may open."""

    def __init__(self, renderer: Renderer, sections: Iterable[ConsoleSection] = SECTIONS) -> None:
        self._renderer = renderer
        self._known = tuple(sections)
        self._rights: dict[str, Right] = {}

    def open(self, routes: Iterable[Route]) -> None:
        """Takes from all routes of the site which sections have a page, and who may see it."""
        self._rights = {
            route.path: route.right
            for route in routes
            if route.method == "GET" and route.surface is Surface.PAGE and route.right is not None
        }

    def routes(self) -> list[Route]:
        """``/admin`` itself."""
        return [Route("GET", PATH, self.enter, Surface.PAGE, Auth.USER)]

    async def enter(self, request: Request) -> Reply:
        """``GET /admin``: the first section that somebody may open. Raises NotFound if none."""
        sections = self.sections(request)
        if not sections:
            raise NotFound
        return redirect(sections[0].path)

    def sections(self, request: Request) -> list[ConsoleSection]:
        """What whoever asks may open."""
        return [
            section
            for section in self._known
            if (right := self._rights.get(section.path)) is not None and request.has_right(right)
        ]

    def said(self, request: Request, sentence: str) -> str:
        """A sentence of the catalogue in the language of whoever asks; for searching in it."""
        return self._renderer.languages.gettext(request.language, sentence)

    def render(
        self,
        request: Request,
        template: str,
        *,
        viewer: Person,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Reply:
        """A page of the console; its template extends ``console.html``."""
        sections = self.sections(request)
        return self._renderer.render(
            request,
            template,
            status=status,
            headers=headers,
            viewer=viewer,
            sections=sections,
            section=next((one for one in sections if one.holds(request.path)), None),
            **values,
        )
