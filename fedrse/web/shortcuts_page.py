"""``/shortcuts``: the keys that do something on every page, and how to switch them off."""

from __future__ import annotations

from typing import Final

from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

PATH: Final = "/shortcuts"
KEYS: Final = (
    (
        translatable("Posts"),
        (
            (("j",), translatable("next post")),
            (("k",), translatable("previous post")),
            (("o",), translatable("open it with its answers")),
            (("r",), translatable("answer")),
            (("l",), translatable("like, or not any more")),
            (("s",), translatable("share, or not any more")),
            (("m",), translatable("more about it")),
            (("p",), translatable("who wrote it")),
        ),
    ),
    (
        translatable("Pages"),
        (
            (("g", "h"), translatable("home")),
            (("g", "s"), translatable("this site")),
            (("g", "r"), translatable("network")),
            (("g", "n"), translatable("notifications")),
            (("g", "m"), translatable("messages")),
            (("g", "p"), translatable("people")),
            (("g", "b"), translatable("bookmarks")),
        ),
    ),
    (
        translatable("Anywhere"),
        (
            (("n",), translatable("write a post")),
            (("/",), translatable("search, also with Ctrl+K")),
            ((".",), translatable("show what is new, from the top")),
            (("?",), translatable("these keys")),
            (("Ctrl", "Enter"), translatable("send what you write")),
        ),
    ),
)
"""What is pressed, by subject: one key, or several. ``static/keys.js`` does it."""


class ShortcutsPage:
    """Handler of the page; its switch is one of the device, as keyboards are."""

    def __init__(self, database: Database, renderer: Renderer, me: Me) -> None:
        self._database = database
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """``GET /shortcuts``, for whoever is signed in."""
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """The list of keys."""
        viewer = await self._database.read(self._me, request.require_viewer())
        return self._renderer.render(request, "shortcuts.html", viewer=viewer, subjects=KEYS)
