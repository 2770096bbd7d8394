"""Expertise that colleagues confirm: who says of whom that they know something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str
from fedrse.core.text import clean_line
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.profiles.model import Card
from fedrse.features.profiles.model_input import LONGEST, MOST
from fedrse.features.profiles.model_search import fold

TYPE: Final = "Endorse"
WITNESSES: Final = 10
"""So many of those who confirm are named; the others are counted."""
_MOST_COUNTED: Final = 1_000_000
CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    {TYPE: f"urn:fedrse:ns:{TYPE}", "skill": "urn:fedrse:ns:skill"},
]


class Confirmed(Struct, frozen=True):
    """How many confirm something, and the latest of them by handle."""

    count: int = 0
    by: tuple[str, ...] = ()


class Witness(Struct, frozen=True):
    """Somebody who is named on a card, as pages name them."""

    name: str
    path: str


class SkillShown(Struct, frozen=True):
    """Something that somebody knows, with who says so; ``mine``: the viewer does."""

    name: str
    years: int | None
    count: int
    witnesses: tuple[Witness, ...]
    mine: bool

    @property
    def others(self) -> int:
        """How many confirm it without being named."""
        return max(self.count - len(self.witnesses), 0)


class About(Struct, frozen=True):
    """What a viewer may know of somebody; ``can_confirm``: it is somebody else.

    ``manager`` is the one on the card, by name where this site knows them.
    """

    card: Card
    skills: tuple[SkillShown, ...] = ()
    can_confirm: bool = False
    manager: Witness | None = None


class Received(Struct, frozen=True):
    """A confirmation as its owner sees it."""

    id: int
    skill: str
    witness: Witness
    hidden: bool
    created_at: int


def write_endorse(uri: str, who: str, whom: str, skill: str) -> Json:
    """The activity: ``who`` confirms that ``whom`` knows something."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": TYPE,
        "actor": who,
        "object": whom,
        "skill": skill,
        "to": whom,
    }


def read_skill(activity: Json) -> str:
    """What is confirmed; empty where it is not said."""
    return clean_line(first_str(activity.get("skill")), LONGEST)


def skill_of(card: Card, text: str) -> str:
    """The skill of a card that is meant, as it is written there; empty where there is none."""
    wanted = fold(text)
    return next((one.name for one in card.expertise if fold(one.name) == wanted), "")


def write_confirmations(card: Card, confirmed: Mapping[str, Confirmed]) -> list[Json]:
    """For the document of a card: what is confirmed of the skills in it."""
    return [
        {"name": one.name, "count": found.count, "by": list(found.by)}
        for one in card.expertise
        if (found := confirmed.get(fold(one.name))) is not None and found.count
    ]


def read_confirmations(value: Any) -> dict[str, Confirmed]:
    """What another site says of confirmations, by folded skill; what has no form is left out."""
    found: dict[str, Confirmed] = {}
    for one in as_list(value)[:MOST]:
        if not isinstance(one, dict):
            continue
        name = fold(clean_line(first_str(one.get("name")), LONGEST))
        said = [text for text in as_list(one.get("by"))[:WITNESSES] if isinstance(text, str)]
        handles = [handle for text in said if (handle := parse_handle(text)) is not None]
        count = min(max(as_int(one.get("count")) or 0, len(handles)), _MOST_COUNTED)
        if name and count:
            by = tuple(dict.fromkeys(f"{one.username}@{one.domain}" for one in handles))
            found.setdefault(name, Confirmed(count, by))
    return found
