"""What the page of notifications shows of a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from fedrse.core.html import html_to_text
from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.service_groups import Group
from fedrse.web.views import Person, Post

LONGEST_EXCERPT: Final = 160
SHOWN_PEOPLE: Final = 8
# Kinds of which the whole post is shown: it is what one was told of.
WHOLE: Final = frozenset(
    {Kind.MENTION, Kind.STATUS, Kind.QUOTE, Kind.POLL, Kind.UPDATE, Kind.QUOTED_UPDATE}
)
ICONS: Final[dict[str, str]] = {
    Kind.MENTION: "reply",
    Kind.STATUS: "bell",
    Kind.REBLOG: "boost",
    Kind.FOLLOW: "person-add",
    Kind.FOLLOW_REQUEST: "person-add",
    Kind.FAVOURITE: "heart",
    Kind.POLL: "poll",
    Kind.UPDATE: "edit",
    Kind.QUOTE: "quote",
    Kind.QUOTED_UPDATE: "edit",
    Kind.REPORT: "flag",
    Kind.SIGN_UP: "person-check",
    Kind.SEVERED: "block",
    Kind.WARNING: "warning",
    Kind.PUT_IN: "people",
    Kind.COLLECTION_CHANGED: "people",
    Kind.CONFIRMED: "star",
    Kind.LOOKED_AT: "flag",
}
REACTIONS: Final = {"thanks": "thanks", "agree": "agree", "question": "question"}
"""Icons of reactions with a meaning of their own, by what ``Notification.extra`` calls them."""


class Row(Struct, frozen=True):
    """A line of the page.

    ``kind`` decides the sentence; ``reaction`` is one of ``REACTIONS`` where a single person did
    not just like. ``others``: how many beside ``person``. ``post`` is drawn whole or, with
    ``excerpt``, as a line that leads to it. ``asks``: a request to follow that waits.
    """

    key: str
    kind: str
    icon: str
    person: Person
    person_id: int
    people: tuple[Person, ...]
    others: int
    at: int
    is_unread: bool
    post: Post | None
    excerpt: str
    reaction: str
    asks: bool
    report: dict[str, Any] | None
    extra: dict[str, Any]


class Source(Struct, frozen=True):
    """What rows are made of; ``cards`` by the id of the post as text."""

    cards: Mapping[str, Post]
    people: Mapping[int, Person]
    asking: frozenset[str]
    reports: Mapping[int, dict[str, Any]]
    read: int


def row_of(group: Group, source: Source) -> Row | None:
    """A group as a line; None where its post or person is not to be seen any more."""
    head = group.head
    person = source.people.get(head.from_id)
    card = None if head.post_id is None else source.cards.get(str(head.post_id))
    if person is None or (head.post_id is not None and card is None):
        return None
    extra: dict[str, Any] = {} if head.extra is None else msgspec.json.decode(head.extra)
    reaction = str(extra.get("reaction", ""))
    people = [source.people[one] for one in group.sample if one in source.people]
    return Row(
        key=group.key,
        kind=head.kind,
        icon=REACTIONS.get(reaction) or ICONS.get(head.kind, "bell"),
        person=person,
        person_id=head.from_id,
        people=tuple(people[:SHOWN_PEOPLE]),
        others=group.count - 1,
        at=head.created_at,
        is_unread=head.id > source.read,
        post=card,
        excerpt="" if card is None or head.kind in WHOLE else excerpt_of(card),
        reaction=reaction,
        asks=str(head.from_id) in source.asking,
        report=source.reports.get(head.report_id or 0),
        extra=extra,
    )


def excerpt_of(post: Post) -> str:
    """The beginning of a post, or its warning, as plain text."""
    text = " ".join((post.warning or html_to_text(str(post.content))).split())
    if len(text) <= LONGEST_EXCERPT:
        return text
    return f"{text[:LONGEST_EXCERPT].rsplit(' ', 1)[0]} …"
