"""What stands around the home timeline, from other features; implemented in ``app.home``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag
from fedrse.store.database import Transaction
from fedrse.web.views import Notice, Person


class Topic(Struct, frozen=True):
    """A tag that trends: ``people`` used it in the last week."""

    name: str
    path: str
    people: int


class Acquaintance(Struct, frozen=True):
    """Somebody to follow: ``follow_path`` is where the form goes, ``known`` says why."""

    account_id: int
    person: Person
    follow_path: str
    known: str


class Beside(Struct, frozen=True):
    """The right column, and announcements above the posts."""

    topics: Sequence[Topic] = ()
    people: Sequence[Acquaintance] = ()
    notices: Sequence[Notice] = ()
    minute: int = 0  # in which notices say how old they are; 0 where there are none


class Surroundings(Struct, frozen=True):
    """What belongs to the posts of a home page.

    ``followed`` are ids of those among the authors whom the viewer follows; ``tags`` the names of
    followed tags, where there are posts by others. ``read_until`` is the newest post that the
    viewer has read, here or in an app, 0 where nothing is known; that and ``beside`` only for the
    newest posts.
    """

    followed: set[str]
    tags: set[str]
    read_until: int = 0
    beside: Beside = Beside()


class Around(Protocol):
    """Reads and remembers inside the transaction of the page."""

    async def surroundings(
        self, tx: Transaction, viewer: int, authors: Collection[int], *, on_top: bool
    ) -> Surroundings:
        """What belongs to posts by these people; ``on_top``: they are the newest."""

    async def set_read(self, tx: Transaction, viewer: int, post_id: int) -> None:
        """Remembers it, for apps too; what was read further stays read."""


def why(
    status: dict[str, Any], viewer: str, followed: set[str], tags: set[str]
) -> tuple[str, str] | None:
    """Why a post is in somebody's home timeline: a sentence and what is named in it.

    ``viewer`` is an id, ``tags`` are names as they are compared. None where nothing is left to say.
    """
    author = status["account"]
    number = author["id"]
    if number == viewer:
        return None
    if number in followed:
        return "person", author["display_name"] or author["username"]
    for tag in (status["reblog"] or status)["tags"]:
        if fold_hashtag(tag["name"]) in tags:
            return "tag", f"#{tag['name']}"
    return None
