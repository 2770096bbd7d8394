"""Pages about the site: what it is, its privacy policy, its terms; for everybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from fedrse.core.errors import NotFound
from fedrse.core.settings import Settings
from fedrse.features.instance.pages_blocked import BlockedPage
from fedrse.features.instance.service_texts import (
    ABOUT,
    CHARTER,
    PRIVACY,
    TERMS,
    SiteText,
    SiteTexts,
)
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

_TITLES = {
    ABOUT: translatable("About this site"),
    CHARTER: translatable("Charter"),
    PRIVACY: translatable("Privacy policy"),
    TERMS: translatable("Terms of service"),
}
_HEADING = re.compile(r"(</?h)([1-6])\b")

Contact = Callable[[], Awaitable[dict[str, Any] | None]]
"""The ``Account`` entity of somebody in charge of the site, if there is one."""
Names = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What sites call themselves, by host, as far as that is known."""


class SitePages:
    """Handlers; the texts are the operator's Markdown, made harmless."""

    def __init__(
        self,
        *,
        settings: Settings,
        texts: SiteTexts,
        renderer: Renderer,
        contact: Contact | None = None,
        names: Names | None = None,
        blocked: BlockedPage,
    ) -> None:
        """``contact`` is somebody in charge; without ``names`` sites are shown by host."""
        self._contact = contact
        self._names = names
        self._blocked = blocked
        self._settings = settings
        self._texts = texts
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""

        def get(path: str, handler: Handler) -> Route:
            return Route("GET", path, handler, Surface.PAGE, Auth.OPTIONAL)

        return [
            get(ABOUT, self.about),
            get(CHARTER, self.charter),
            get(PRIVACY, self.privacy),
            get(TERMS, self.terms),
            *self._blocked.routes(),
        ]

    async def about(self, request: Request) -> Reply:
        """``GET /about``: the long description with the rules."""
        text = await asyncio.to_thread(self._texts.about)
        more = [CHARTER] if await asyncio.to_thread(self._texts.charter) else []
        more += [PRIVACY] if await asyncio.to_thread(self._texts.privacy) else []
        more += [TERMS] if await asyncio.to_thread(self._texts.has_terms) else []
        contact = None if self._contact is None else await self._contact()
        return self._page(
            request,
            ABOUT,
            text,
            rules=self._settings.site.rules,
            links=more,
            about={
                "contact": None if contact is None else self._renderer.faces.person(contact),
                "members": await self._members(request),
                "blocked": self._blocked.count_for(request),
            },
        )

    async def _members(self, request: Request) -> list[dict[str, str]]:
        """The other sites of the network, for those who may know of peers, in order of names."""
        if request.viewer is None and not self._settings.site.public_pages:
            return []
        places = {urlsplit(one).netloc: one for one in self._settings.network.members}
        places.pop(self._settings.host, None)
        names = {} if self._names is None else await self._names(places)
        found = [
            {"host": host, "name": names.get(host, host), "address": address}
            for host, address in places.items()
        ]
        return sorted(found, key=lambda one: (one["name"].casefold(), one["host"]))

    async def charter(self, request: Request) -> Reply:
        """``GET /charter``."""
        text = await asyncio.to_thread(self._texts.charter)
        if text is None:
            raise NotFound
        return self._page(request, CHARTER, text)

    async def privacy(self, request: Request) -> Reply:
        """``GET /privacy-policy``."""
        text = await asyncio.to_thread(self._texts.privacy)
        if text is None:
            raise NotFound
        return self._page(request, PRIVACY, text)

    async def terms(self, request: Request) -> Reply:
        """``GET /terms-of-service``."""
        terms = await asyncio.to_thread(self._texts.current_terms)
        return self._page(request, TERMS, SiteText(terms.content, 0))

    def _page(
        self,
        request: Request,
        path: str,
        text: SiteText | None,
        *,
        rules: Sequence[str] = (),
        links: Sequence[str] = (),
        about: Mapping[str, Any] | None = None,
    ) -> Reply:
        return self._renderer.render(
            request,
            "instance/text.html",
            title=_TITLES[path],
            # Cleaned by core.markdown, which is why it may stand as it is.
            content="" if text is None else Markup(_below_title(text.content)),  # noqa: S704
            rules=rules,
            about=about,
            links=[(other, _TITLES[other]) for other in links],
        )


def _below_title(html: str) -> str:
    """The headings of a text as those below the title that the page has already."""
    levels = [int(level) for _start, level in _HEADING.findall(html)]
    lower = 2 - min(levels, default=2)
    return _HEADING.sub(lambda match: f"{match[1]}{min(int(match[2]) + lower, 6)}", html)
