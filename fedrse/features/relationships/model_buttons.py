"""Buttons with which people follow somebody from a page; all work without script.

The addresses are answered by ``reactions.pages``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fedrse.web.languages import translatable
from fedrse.web.views import Action

FOLLOW = translatable("Follow")
UNFOLLOW = translatable("Unfollow")
WITHDRAW = translatable("Withdraw the request")

Say = Callable[[str], str]
"""A sentence in the language of the person."""


def follow_button(relationship: dict[str, Any], *, back: str) -> dict[str, Any]:
    """The form on a profile: where it goes, what it says, and whether it takes something back."""
    taken = relationship["following"] or relationship["requested"]
    label = FOLLOW
    if taken:
        label = UNFOLLOW if relationship["following"] else WITHDRAW
    verb = "unfollow" if taken else "follow"
    return {
        "path": f"/people/{relationship['id']}/{verb}?back={quote(back, safe='')}",
        "label": label,
        "taken": taken,
    }


def follow_toggle(relationship: dict[str, Any], *, asks: bool, say: Say) -> Action | None:
    """The button beside somebody in a list; None where one of the two blocks the other.

    ``asks``: whoever follows this account has to wait for its answer.
    """
    if relationship["blocking"] or relationship["blocked_by"]:
        return None
    following, taken = relationship["following"], relationship["requested"]
    undo = WITHDRAW if taken or (asks and not following) else UNFOLLOW
    place = f"/people/{relationship['id']}"
    faces = ((say(FOLLOW), f"{place}/follow"), (say(undo), f"{place}/unfollow"))
    now, other = reversed(faces) if following or taken else faces
    return Action(
        name="follow",
        label=now[0],
        icon="check",
        path=now[1],
        is_active=following or taken,
        other_label=other[0],
        other_path=other[1],
    )
