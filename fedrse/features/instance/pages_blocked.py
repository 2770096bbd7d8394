"""The page with the sites that this one treats differently, and why."""

from __future__ import annotations

from typing import Final

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.settings import Settings
from fedrse.features.instance.service_published import Published, may_know
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH: Final = "/about/blocked"
MOST: Final = 200  # on one page
EFFECTS: Final = {
    "deny": translatable("Nothing is exchanged"),
    "quarantine": translatable("Messages are looked at first"),
    "limit": translatable("Not proposed to people here"),
    "strip_media": translatable("Without pictures and files"),
    "strip_html": translatable("Text without formatting"),
    "no_reports": translatable("Reports are not taken"),
    "no_direct": translatable("No direct messages"),
    "followers_only": translatable("Posts for followers only"),
    "delay": translatable("Messages wait for a while"),
    "cap": translatable("Limited number of messages"),
}


class BlockedPage:
    """Handlers; ``federation.show_blocked_hosts`` says who may look."""

    def __init__(
        self, *, settings: Settings, rules: Published, renderer: Renderer, clock: Clock
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._renderer = renderer
        self._clock = clock

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("GET", PATH, self.page, Surface.PAGE, Auth.OPTIONAL)]

    def count_for(self, request: Request) -> int:
        """How many sites whoever asks is told about."""
        if not may_know(self._settings, known=request.viewer is not None):
            return 0
        return len(self._rules.published(self._clock.now()))

    async def page(self, request: Request) -> Reply:
        """``GET /about/blocked?after=digest``. Raises NotFound for those who are not told."""
        if not may_know(self._settings, known=request.viewer is not None):
            raise NotFound
        after = request.text("after") or ""
        rules = self._rules.published(self._clock.now())
        # By digest, since the name itself may be shown in part only.
        start = next((at + 1 for at, one in enumerate(rules) if one.digest == after), 0)
        shown = rules[start : start + MOST]
        more = len(rules) > start + MOST
        return self._renderer.render(
            request,
            "instance/blocked.html",
            rules=shown,
            effects=EFFECTS,
            next=f"{PATH}?after={shown[-1].digest}" if more else None,
        )
