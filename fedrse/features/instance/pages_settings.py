"""A page of the console: with which settings the site runs, and where each comes from."""

from __future__ import annotations

import os
from itertools import groupby
from typing import Any, Final

from msgspec import json

from fedrse.core.settings import Settings
from fedrse.core.settings_view import Shown, about_section, shown_settings
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.viewers import Me

PATH: Final = f"{CONSOLE}/settings"


class SettingsPage:
    """``/admin/settings``: to be read; the file of the site is where settings are changed."""

    def __init__(self, *, database: Database, settings: Settings, console: Console, me: Me) -> None:
        self._database = database
        self._settings = settings
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The address of this page."""
        right = Right.MANAGE_SETTINGS
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER, right=right)]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/settings``; ``q`` searches names and explanations."""
        me = await self._database.read(self._me, request.require_viewer())
        said = self._console.said
        wanted = (request.text("q") or "").strip()[:100]
        shown = [
            one
            for one in shown_settings(self._settings, os.environ)
            if wanted.casefold() in f"{one.name} {said(request, one.about)}".casefold()
        ]
        return self._console.render(
            request,
            "instance/settings.html",
            viewer=me,
            wanted=wanted,
            groups=_by_section(shown),
            told=_told,
        )


def _by_section(shown: list[Shown]) -> list[tuple[str, str, list[Shown]]]:
    return [
        (section, about_section(section), list(found))
        for section, found in groupby(shown, key=lambda one: one.section)
    ]


def _told(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    return value if isinstance(value, str) else json.encode(value).decode()
