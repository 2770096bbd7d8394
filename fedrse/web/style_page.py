"""``/style``: every component in all its states, for those who build pages and for looking at.

People and posts on it are made up; nothing on it does anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.assets import STATIC
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Action, Person, Post

PATH = "/style"

_PEOPLE = (
    Person(name="Amina Benali", handle="@amina@lyon.example", path=PATH),
    Person(
        name="Louis-Ferdinand de la Grange-Batelière",
        handle="@louis.ferdinand.delagrange@bruxelles.example",
        path=PATH,
    ),
    Person(name="Éloïse Dubois", handle="@eloise@nantes.example", path=PATH),
    Person(name="Info", handle="@info@nantes.example", path=PATH, is_bot=True),
)
_TEXT = translatable("The new prototype is ready: come and see it on Thursday in the workshop.")
_FIGURES = translatable("These figures are provisional; the final ones come on Friday.")
_PROVISIONAL = translatable("Provisional figures")
_NETWORK = translatable("All sites of the network")
_FOLLOWERS = translatable("Followers")
_REPLIES = translatable("Replies")
_SHARE = translatable("Share")
_LIKE = translatable("Like")


class StylePage:
    """Handler of the living style page."""

    def __init__(self, database: Database, renderer: Renderer, clock: Clock, me: Me) -> None:
        self._database = database
        self._renderer = renderer
        self._clock = clock
        self._me = me
        self._icons = icon_names()

    def routes(self) -> list[Route]:
        """``GET /style``, for whoever is signed in; its forms lead back to it."""
        return [
            Route("GET", PATH, self.show, Surface.PAGE, Auth.USER),
            Route("POST", PATH, self.back, Surface.PAGE, Auth.USER),
        ]

    async def back(self, _request: Request) -> Reply:
        """A button of the page was pressed."""
        return redirect(PATH)

    async def show(self, request: Request) -> Reply:
        """All components."""
        return self._renderer.render(
            request,
            "style.html",
            viewer=await self._database.read(self._me, request.require_viewer()),
            people=_PEOPLE,
            cards=self._posts(request),
            icons=self._icons,
            now=self._clock.now(),
        )

    def _posts(self, request: Request) -> list[Post]:
        def say(sentence: str) -> str:
            return self._renderer.languages.gettext(request.language, sentence)

        def text(sentence: str) -> Markup:
            return Markup("<p>") + escape(say(sentence)) + Markup("</p>")

        now = self._clock.now()
        common: dict[str, Any] = {"path": PATH, "language": request.language}
        network: dict[str, Any] = {
            "content": text(_TEXT),
            "audience_icon": "network",
            "audience_label": say(_NETWORK),
            **common,
        }
        liked, plain = _actions(say, liked=True), _actions(say, liked=False)
        return [
            Post(author=_PEOPLE[0], published=now - 5 * MINUTE, actions=liked, **network),
            Post(
                author=_PEOPLE[1],
                published=now - 3 * HOUR,
                edited=now - HOUR,
                boosted_by=_PEOPLE[0],
                actions=plain,
                **network,
            ),
            Post(
                author=_PEOPLE[3],
                published=now - 40 * DAY,
                content=text(_FIGURES),
                warning=say(_PROVISIONAL),
                reply_to=_PEOPLE[1],
                audience_icon="lock",
                audience_label=say(_FOLLOWERS),
                actions=plain,
                **common,
            ),
        ]


def _actions(say: Callable[[str], str], *, liked: bool) -> list[Action]:
    return [
        Action(name="reply", label=say(_REPLIES), icon="reply", path=PATH, method="get", count=3),
        Action(name="boost", label=say(_SHARE), icon="boost", path=PATH, count=0),
        Action(
            name="like", label=say(_LIKE), icon="heart", path=PATH, count=12345, is_active=liked
        ),
    ]


def icon_names() -> list[str]:
    """The icons of the sprite, in order."""
    return sorted(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))
