"""What was typed into a form that could not be taken because the session is over.

Every form of somebody who is signed in is kept: the page that asks to sign in has what was typed,
and goes on with it afterwards. The form in which posts are written is drawn again; of all others
the page ``/again`` shows what is in them and sends them where they belong, once it is pressed.
"""

from __future__ import annotations

import re

from msgspec import Struct

from fedrse.core.errors import BadRequest, FedrseError
from fedrse.http.csrf import FIELD, check_origin
from fedrse.http.parameters import parse_urlencoded
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

AGAIN = "/again"
TO = "again_to"
"""The field that says where a kept form belongs."""
MOST_SHOWN = 20
LONGEST_SHOWN = 500
_REDRAWN = {"/compose": "/compose/again", "/compose/again": "/compose/again"}
"""Where forms are drawn again, by where they were sent."""
_NOT_KEPT = {FIELD, TO, "confirmed", "undoable", "attach", "preview", "save", "add_option"}
_NOT_SHOWN = {"key", "me", "back", "next", "until"}
_SECRET = re.compile(r"password|secret|token|code", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")
_NOT_HERE = translatable("This form does not belong to this site.")
_NOTHING = translatable("There is nothing to send.")
_LOCAL = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]{0,1999}")


class Unsent(Struct, frozen=True):
    """``text`` as it was typed, all other ``fields``, and the address that goes on with them.

    ``shown`` is what a person recognizes of a form without ``text``. ``to`` is where the form
    belongs, empty where ``again`` draws it.
    """

    text: str
    fields: tuple[tuple[str, str], ...]
    shown: tuple[str, ...]
    again: str
    to: str = ""


def keeps_form(route: Route | None) -> bool:
    """Whether what was typed there is shown again to whoever has to sign in first."""
    if route is None or route.surface is not Surface.PAGE or route.method != "POST":
        return False
    return route.auth is Auth.USER


def find_unsent(request: Request) -> Unsent | None:
    """What was typed into the form that came; None where nothing was."""
    if not keeps_form(request.route):
        return None
    given = [
        (name, value)
        for name, value in request.form or _pairs(request)
        if isinstance(value, str) and value and not _SECRET.search(name)
    ]
    kept = [(name, value) for name, value in given if name not in _NOT_KEPT]
    text = next((value for name, value in kept if name == "text"), "")
    shown = [
        value[:LONGEST_SHOWN]
        for name, value in kept
        if name not in _NOT_SHOWN and _WORD.search(value)
    ]
    if not shown and not text.strip():
        return None
    again = _REDRAWN.get(request.path, AGAIN)
    to = "" if again != AGAIN else _belongs(request, given)
    fields = tuple((name, value) for name, value in kept if name != "text")
    return Unsent(text, fields, tuple(shown[:MOST_SHOWN]), again, to)


def _belongs(request: Request, given: list[tuple[str, str]]) -> str:
    """Where a form was sent, also when it comes by ``/again``."""
    if request.path != AGAIN:
        return request.target
    to = next((value for name, value in given if name == TO), "")
    return to if is_local(to) else ""


def is_local(text: str) -> bool:
    """Whether this is an address of this site to which a form can be sent."""
    return bool(_LOCAL.fullmatch(text)) and text.partition("?")[0] != AGAIN


def _pairs(request: Request) -> list[tuple[str, str]]:
    try:
        return list(parse_urlencoded(request.body.decode()))
    except (UnicodeDecodeError, FedrseError):
        return []


class AgainPage:
    """``/again``: asks whether to send what was typed before the session was over."""

    def __init__(self, renderer: Renderer, origin: str) -> None:
        self._renderer = renderer
        self._origin = origin

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("POST", AGAIN, self.show, Surface.PAGE, Auth.USER, csrf=False)]

    async def show(self, request: Request) -> Reply:
        """``POST /again``: changes nothing, so it takes no token; that which it shows is fresh.

        Raises BadRequest, Forbidden where another site sends it.
        """
        headers = request.headers
        check_origin(self._origin, headers.get("Origin"), headers.get("Sec-Fetch-Site"))
        unsent = find_unsent(request)
        if unsent is None:
            raise BadRequest("nothing_typed", _NOTHING)
        if not unsent.to:
            raise BadRequest("not_local", _NOT_HERE)
        return self._renderer.render(request, "again.html", unsent=unsent)
