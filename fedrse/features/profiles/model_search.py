"""Who is found for what: only what the searcher may see counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from fedrse.core.text import clean_line, fold_hashtag
from fedrse.features.profiles.model import Card, Skill

LONGEST = 100
SHORTEST = 2
PARAMETERS = ("q", "skill", "unit", "site", "language", "manager")


class Wish(Struct, frozen=True):
    """What somebody looks for: words of a name, function or expertise, and exact facts.

    ``manager`` is the handle of somebody whose team is wanted.
    """

    words: str = ""
    skill: str = ""
    unit: str = ""
    site: str = ""
    language: str = ""
    manager: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everybody is wanted."""
        return self == Wish()

    @property
    def is_vague(self) -> bool:
        """Whether it says too little to be a question to another site."""
        return not any(len(fold(text)) >= SHORTEST for text in self.params().values())

    def params(self) -> dict[str, str]:
        """What is wished for, as parameters of an address."""
        said = zip(PARAMETERS, self.__struct_fields__, strict=True)
        return {name: text for name, field in said if (text := getattr(self, field))}


def read_wish(text: Callable[[str], str | None]) -> Wish:
    """The wish in these parameters; what is too long is cut."""
    return Wish(*(clean_line(text(name) or "", LONGEST) for name in PARAMETERS))


class Found(Struct, frozen=True):
    """Somebody with what the searcher may see of them; ``name`` is what is searched."""

    account_id: int
    name: str
    card: Card
    called: str = ""
    handle: str = ""


def fold(text: str) -> str:
    """What makes two words the same: case and accents are ignored."""
    return fold_hashtag(" ".join(text.split()))


def matches(wish: Wish, names: Iterable[str], card: Card) -> bool:
    """Whether somebody fits; ``card`` is what the searcher may see."""
    skills = [fold(skill.name) for skill in card.expertise]
    if wish.skill and not any(fold(wish.skill) in skill for skill in skills):
        return False
    if wish.unit and fold(wish.unit) != fold(card.unit):
        return False
    if wish.site and fold(wish.site) != fold(card.site):
        return False
    if wish.language and fold(wish.language) not in map(fold, card.languages):
        return False
    if wish.manager and wish.manager.casefold() != card.manager.casefold():
        return False
    about = " ".join([*map(fold, names), fold(card.function), fold(card.unit), *skills])
    return all(word in about for word in fold(wish.words).split())


def values(cards: Iterable[Card], field: str) -> list[str]:
    """All that is said in a field, each once, in order."""
    known: dict[str, str] = {}
    for card in cards:
        said = getattr(card, field)
        for one in (said,) if isinstance(said, str) else said:
            text = one.name if isinstance(one, Skill) else one
            if text:
                known.setdefault(fold(text), text)
    return [known[key] for key in sorted(known)]
