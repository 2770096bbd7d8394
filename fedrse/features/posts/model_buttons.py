"""What people do with posts from a page: buttons that work without script.

The addresses are answered by ``reactions.pages``; the form of the page says where to return to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedrse.features.posts.model import OPEN
from fedrse.web.languages import translatable
from fedrse.web.views import Action

REPLY = translatable("Answer")
QUOTE = translatable("Quote")
KEEP = translatable("Bookmark")
UNKEEP = translatable("Take the bookmark away")
CHANGE = translatable("Change")
DELETE = translatable("Delete")
PIN = translatable("Pin to your profile")
UNPIN = translatable("Take the pin away")
REPLIES = translatable("Replies")
SHARES = translatable("Shares")
LIKES = translatable("Likes")
REPORT = translatable("Report")
WHO = translatable("Who reacted")
LIKE = translatable("Like")
UNLIKE = translatable("Take your like back")
SHARE = translatable("Share")
UNSHARE = translatable("Take your share back")
REACTIONS = (
    ("thanks", "thanks", translatable("Thanks")),
    ("agree", "agree", translatable("I agree")),
    ("question", "question", translatable("I have a question")),
    ("seen", "eye", translatable("Seen")),
)

Say = Callable[[str], str]
"""A sentence in the language of the person."""


def buttons(status: dict[str, Any], path: str, *, me: int | None, say: Say) -> list[Action]:
    """The actions under a post, given as entity; visitors (``me`` None) see numbers."""
    replies = _number("reply", "reply", say(REPLIES), path, status["replies_count"])
    shares = _number("boost", "boost", say(SHARES), path, status["reblogs_count"])
    others = sum(one["count"] for one in status["reactions"])
    plain = max(status["favourites_count"] - others, 0)
    likes = _number("like", "heart", say(LIKES), path, plain)
    if me is None:
        return [replies, shares, likes]
    answer = f"/compose?reply_to={status['id']}"
    replies = _number("reply", "reply", say(REPLY), answer, status["replies_count"])
    mine = status["account"]["id"] == str(me)
    shared, liked = bool(status["reblogged"]), bool(status["favourited"])
    if shared or status["audience"] in OPEN or (mine and status["audience"] != "direct"):
        off, on = ("share", say(SHARE)), ("unshare", say(UNSHARE))
        shares = _form(shares, status, off, on, active=shared)
    off, on = ("like", say(LIKE)), ("unlike", say(UNLIKE))
    return [replies, shares, _form(likes, status, off, on, active=liked)]


def reacting(status: dict[str, Any], *, me: int | None, say: Say) -> list[Action]:
    """All kinds of reactions beside the like, with counts; visitors (``me`` None) see numbers."""
    counts = {one["name"]: one["count"] for one in status["reactions"]}
    if me is None:
        return [
            Action(name=name, label=say(label), icon=icon, path="", count=counts.get(name, 0))
            for name, icon, label in REACTIONS
        ]
    taken = status.get("reacted", ())  # a part of the feature reactions
    place = f"/posts/{status['id']}"
    return [
        Action(
            name=name,
            label=say(label),
            icon=icon,
            path=f"{place}/{'unreact' if name in taken else 'react'}/{name}",
            count=counts.get(name, 0),
            is_active=name in taken,
        )
        for name, icon, label in REACTIONS
    ]


def seldom(status: dict[str, Any], *, me: int | None, say: Say) -> list[Action]:
    """The menu of a post, given as entity; nothing for visitors."""
    if me is None:
        return []
    place = f"/posts/{status['id']}"
    kept = bool(status["bookmarked"])
    verb, label = ("unbookmark", UNKEEP) if kept else ("bookmark", KEEP)
    found = [Action(name="bookmark", label=say(label), icon="bookmark", path=f"{place}/{verb}")]

    def link(label: str, icon: str, path: str) -> None:
        found.append(Action(name=icon, label=say(label), icon=icon, path=path, method="get"))

    if status["favourites_count"]:
        link(WHO, "people", f"{place}/likes")
    if status["audience"] in OPEN:
        link(QUOTE, "quote", f"/compose?quote={status['id']}")
    if status["account"]["id"] == str(me):
        if status["audience"] != "direct":
            pinned = bool(status.get("pinned"))
            verb, label = ("unpin", UNPIN) if pinned else ("pin", PIN)
            found.append(Action(name="pin", label=say(label), icon="pin", path=f"{place}/{verb}"))
        link(CHANGE, "edit", f"{place}/edit")
        link(DELETE, "trash", f"{place}/delete")
    else:
        author = status["account"]["id"]
        link(REPORT, "flag", f"/report?account={author}&post={status['id']}")
    return found


def _number(name: str, icon: str, label: str, path: str, count: int) -> Action:
    return Action(name=name, label=label, icon=icon, path=path, method="get", count=count)


def _form(
    action: Action,
    status: dict[str, Any],
    off: tuple[str, str],
    on: tuple[str, str],
    *,
    active: bool,
) -> Action:
    """``off`` and ``on`` are verb and label of doing it and of taking it back."""
    now, then = (on, off) if active else (off, on)

    def path(verb: str) -> str:
        return f"/posts/{status['id']}/{verb}"

    return Action(
        name=action.name,
        label=now[1],
        icon=action.icon,
        path=path(now[0]),
        count=action.count,
        is_active=active,
        other_label=then[1],
        other_path=path(then[0]),
    )
