"""How quoted posts and the important part of pictures look on pages. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from fedrse.core.clock import from_iso
from fedrse.features.posts.model import QuoteState
from fedrse.web.views import Person, Quoted

STEPS = 4
"""From one side of a picture to the other; each place is a class of the style sheet."""


def draw_quoted(
    status: dict[str, Any], person: Callable[[dict[str, Any]], Person]
) -> Quoted | None:
    """The post that another one quotes, given as entity; None where it quotes nothing."""
    quote = status.get("quote")
    if quote is None:
        return None
    shown = quote.get("quoted_status")
    if shown is None:
        return Quoted()
    if quote["state"] != QuoteState.ACCEPTED:
        return Quoted(is_unwanted=True)
    author = person(shown["account"])
    return Quoted(
        author=author,
        path=f"{author.path}/{shown['id']}",
        published=from_iso(shown["created_at"]),
        content=Markup(shown["content"]),  # noqa: S704  (sanitised when it came in)
        warning=shown["spoiler_text"],
        language=shown["language"],
        files=len(shown["media_attachments"]),
    )


def focus_classes(meta: dict[str, Any] | None) -> str:
    """Classes for ``meta.focus`` of a file (-1..1, upwards); nothing for the middle."""
    focus = (meta or {}).get("focus") or {}
    across, up = focus.get("x") or 0, focus.get("y") or 0
    x, y = _step(across), _step(-up)
    return "" if x == y == STEPS // 2 else f"focus-x{x} focus-y{y}"


def _step(place: float) -> int:
    return min(STEPS, max(0, round((place + 1) / 2 * STEPS)))
