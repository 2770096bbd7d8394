"""The menu on somebody's profile: what is done seldom.

The addresses are answered by ``relationships.pages`` and ``moderation.pages``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fedrse.features.posts.model_buttons import REPORT, Say
from fedrse.web.languages import translatable
from fedrse.web.views import Action

NOTE = translatable("Write a note")
CHANGE_NOTE = translatable("Change the note")
MUTE = translatable("Mute")
UNMUTE = translatable("Show again")
BLOCK = translatable("Block")
UNBLOCK = translatable("Unblock")
LISTS = translatable("Put into lists")
REMOVE = translatable("Remove from your followers")


def person_menu(relationship: dict[str, Any], *, back: str, say: Say) -> list[Action]:
    """What can be done about somebody, given as ``Relationship`` entity."""
    place, returns = f"/people/{relationship['id']}", f"?back={quote(back, safe='')}"
    found: list[Action] = []

    def add(label: str, icon: str, verb: str, method: str = "get") -> None:
        path = f"{place}/{verb}{returns}"
        found.append(Action(name=icon, label=say(label), icon=icon, path=path, method=method))

    add(CHANGE_NOTE if relationship["note"] else NOTE, "edit", "note")
    if relationship["following"]:
        add(LISTS, "list", "lists")
    if relationship["followed_by"]:
        add(REMOVE, "close", "remove", "post")
    if relationship["muting"]:
        add(UNMUTE, "bell", "unmute", "post")
    else:
        add(MUTE, "bell-off", "mute")
    if relationship["blocking"]:
        add(UNBLOCK, "block", "unblock", "post")
    else:
        add(BLOCK, "block", "block")
    report = f"/report?account={relationship['id']}&back={quote(back, safe='')}"
    found.append(Action(name="report", label=say(REPORT), icon="flag", path=report, method="get"))
    return found
