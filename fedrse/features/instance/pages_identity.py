"""A page of the console: tries name, colour and texts of the site, and says which lines to write.

The file of the site is the only place where it is configured. So nothing is stored here: the page
shows what would become of it, in all themes, with the contrast of each.
"""

from __future__ import annotations

import os
from typing import Final

from fedrse.core.settings import Settings
from fedrse.core.settings_view import shown_settings
from fedrse.features.instance.model_identity import (
    KEYS,
    LONGEST_NAME,
    Identity,
    checked,
    lines,
    style,
    themes,
    tried,
)
from fedrse.features.instance.pages_settings import PATH as SETTINGS
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.console import Console
from fedrse.web.viewers import Me

PATH: Final = f"{SETTINGS}/identity"
STYLE: Final = f"{PATH}.css"


class IdentityPage:
    """``/admin/settings/identity``: nothing is changed by it."""

    def __init__(self, *, database: Database, settings: Settings, console: Console, me: Me) -> None:
        self._database = database
        self._settings = settings
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        page, user, right = Surface.PAGE, Auth.USER, Right.MANAGE_SETTINGS
        return [
            Route("GET", PATH, self.show, page, user, right=right),
            Route("GET", STYLE, self.style, page, user, right=right),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/settings/identity``; what is tried stands in the address."""
        me = await self._database.read(self._me, request.require_viewer())
        site = self._settings.site
        identity = tried(site, {name: request.text(name) for name in Identity.__struct_fields__})
        usable, flaw = checked(identity.accent_colour)
        accent = usable or site.accent_colour
        sources = {
            one.key: one.source
            for one in shown_settings(self._settings, os.environ)
            if one.section == "site" and one.key in KEYS
        }
        return self._console.render(
            request,
            "instance/identity.html",
            viewer=me,
            tried=identity,
            flaw=flaw,
            accent=accent,
            themes=themes(accent),
            lines=lines(identity, accent, site.logo),
            variables={
                key: source for key, source in sources.items() if source not in {"", "file"}
            },
            longest_name=LONGEST_NAME,
        )

    async def style(self, request: Request) -> Reply:
        """``GET /admin/settings/identity.css?accent_colour=``: the colours of the previews."""
        usable, _ = checked(request.text("accent_colour") or "")
        sheet = style(usable or self._settings.site.accent_colour)
        return Reply(sheet.encode(), media_type="text/css; charset=utf-8")
