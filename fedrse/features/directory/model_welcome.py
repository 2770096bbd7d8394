"""Whom and what to propose to somebody new, from what they say about their work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from fedrse.core.text import fold_hashtag, hashtag_name
from fedrse.features.profiles.model import Card, unit_key
from fedrse.features.profiles.model_search import Found, fold

MOST_PEOPLE: Final = 12
MOST_TOPICS: Final = 12
STEPS: Final = ("profile", "people", "alerts")
DONE: Final = len(STEPS)


class Proposal(Struct, frozen=True):
    """Somebody to follow; ``reason`` is unit, skill, site or many (whom many here follow)."""

    account_id: int
    reason: str
    card: Card = Card()


def propose(
    me: Found, people: Iterable[Found], *, known: frozenset[int], others: Iterable[int]
) -> list[Proposal]:
    """The nearest first: of the same unit, with the same skills, of the same site, then others.

    ``known`` are left out: who is followed already, and oneself.
    """
    skills = {fold(one.name) for one in me.card.expertise}
    ranked: dict[str, list[Proposal]] = {"unit": [], "skill": [], "site": []}
    cards = {}
    for one in people:
        cards[one.account_id] = one.card
        if one.account_id in known:
            continue
        reason = _reason(me.card, skills, one.card)
        if reason:
            ranked[reason].append(Proposal(one.account_id, reason, one.card))
    found = {one.account_id: one for group in ranked.values() for one in group}
    for other in others:
        if other not in known:
            found.setdefault(other, Proposal(other, "many", cards.get(other, Card())))
    return list(found.values())[:MOST_PEOPLE]


def _reason(me: Card, skills: set[str], card: Card) -> str:
    if me.unit and unit_key(me.unit) == unit_key(card.unit):
        return "unit"
    if skills & {fold(one.name) for one in card.expertise}:
        return "skill"
    return "site" if me.site and fold(me.site) == fold(card.site) else ""


def topics(me: Card, rising: Iterable[str]) -> list[str]:
    """Tags to follow: what many write about, and one's own skills where they can be tags."""
    own = ("".join(part.capitalize() for part in one.name.split()) for one in me.expertise)
    found: dict[str, str] = {}
    for text in (*rising, *own):
        name = hashtag_name(text)
        if name is not None:
            found.setdefault(fold_hashtag(name), name)
    return list(found.values())[:MOST_TOPICS]
