"""The short form below a post, in which it is answered without leaving its thread."""

from __future__ import annotations

from msgspec import Struct

from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_drawing import Entity
from fedrse.features.posts.model_rules import narrow
from fedrse.features.posts.pages_cards import AUDIENCES
from fedrse.features.posts.pages_compose_form import new_key
from fedrse.http.request import Request
from fedrse.web.renderer import Renderer


class Answer(Struct, frozen=True, kw_only=True):
    """What the form holds; ``readers`` says who will read it, ``key`` makes one post of two."""

    key: str
    reply_to: str
    name: str
    text: str
    audience: str
    icon: str
    readers: str


def answer_to(
    request: Request, status: Entity, default: Audience, renderer: Renderer
) -> Answer | None:
    """The form for a ``Status``, as the page for writing would begin it; None for visitors."""
    if request.viewer is None:
        return None
    author = status["account"]
    audience = narrow(default, Audience(status["audience"]))
    icon, words = AUDIENCES[audience.value]
    mine = author["id"] == str(request.viewer)
    return Answer(
        key=new_key(),
        reply_to=status["id"],
        name=author["display_name"] or author["username"],
        text="" if mine else f"@{author['acct']} ",
        audience=audience.value,
        icon=icon,
        readers=renderer.languages.gettext(request.language, words),
    )
