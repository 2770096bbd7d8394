"""What people say about their work, and who may see which field of it.

``visible`` is the only way from what is stored to what is shown: pages, client API and other sites
get the ``Card`` that it returns and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from fedrse.core.text import fold_hashtag


class Skill(Struct, frozen=True):
    """Something that somebody knows; ``years`` of practice, None where not said."""

    name: str
    years: int | None = None


class Station(Struct, frozen=True):
    """A part of a career: calendar years, ``until`` None where it lasts."""

    since: int
    until: int | None
    what: str


class Card(Struct, frozen=True, omit_defaults=True):
    """The fields, empty where there is nothing or nothing for whoever asks.

    ``manager`` is a handle (``gwen@nantes.example``).
    """

    function: str = ""
    unit: str = ""
    site: str = ""
    manager: str = ""
    mail: str = ""
    phones: tuple[str, ...] = ()
    room: str = ""
    hours: str = ""
    languages: tuple[str, ...] = ()
    expertise: tuple[Skill, ...] = ()
    career: tuple[Station, ...] = ()
    projects: tuple[str, ...] = ()

    @property
    def work(self) -> str:
        """What somebody does, and where, in one line."""
        return " · ".join(filter(None, (self.function, self.unit, self.site)))

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Telephones as written, and as addresses."""
        return [(phone, tel(phone)) for phone in self.phones]


FIELDS: Final = Card.__struct_fields__
NOTHING: Final = Card()


class Level(StrEnum):
    """Who sees a field, each with those before it; ``sites`` is one's own site and chosen ones."""

    ME = "me"
    UNIT = "unit"
    SITE = "site"
    SITES = "sites"
    NETWORK = "network"


class Visibility(Struct, frozen=True, omit_defaults=True):
    """Who sees one field; ``hosts`` are the peers chosen with level ``sites``."""

    level: Level = Level.SITE
    hosts: tuple[str, ...] = ()


# Until somebody chooses: what helps to find each other is for all sites, how to reach and where
# to find somebody for the own one.
_FOR_THE_NETWORK: Final = ("function", "unit", "site", "languages", "expertise")
DEFAULTS: Final[Mapping[str, Visibility]] = {
    name: Visibility(Level.NETWORK if name in _FOR_THE_NETWORK else Level.SITE) for name in FIELDS
}


class Profile(Struct, frozen=True):
    """All that somebody of this site has said, and for whom."""

    card: Card = NOTHING
    visibility: Mapping[str, Visibility] = {}

    def rule(self, field: str) -> Visibility:
        """Who sees a field."""
        return self.visibility.get(field, DEFAULTS[field])


class Reader(Struct, frozen=True):
    """Who asks: the owner, somebody of this site and ``unit``, or the member site ``host``.

    With none of these, nobody: sees nothing. Somebody whom the owner has ``blocked`` gets what
    everybody in the network gets, wherever they are.
    """

    owner: bool = False
    local: bool = False
    unit: str = ""
    host: str = ""
    blocked: bool = False


def may_see(rule: Visibility, reader: Reader, unit: str) -> bool:
    """Whether a field with this rule, of somebody in this unit, is for this reader."""
    if reader.owner:
        return True
    if reader.blocked:
        return rule.level is Level.NETWORK and (reader.local or bool(reader.host))
    if reader.local:
        if rule.level is Level.UNIT:
            return bool(unit_key(unit)) and unit_key(unit) == unit_key(reader.unit)
        return rule.level is not Level.ME
    if not reader.host:
        return False
    return rule.level is Level.NETWORK or (rule.level is Level.SITES and reader.host in rule.hosts)


def visible(profile: Profile, reader: Reader) -> Card:
    """What this reader gets: hidden fields are as if nothing had been said."""
    card = profile.card
    shown: dict[str, Any] = {
        name: getattr(card, name)
        for name in FIELDS
        if may_see(profile.rule(name), reader, card.unit)
    }
    return Card(**shown)


def tel(phone: str) -> str:
    """A number as an address (RFC 3966)."""
    digits = "".join(one for one in phone if one in "0123456789")
    return f"tel:+{digits}" if phone.startswith("+") else f"tel:{digits}"


def unit_key(unit: str) -> str:
    """What makes two units the same: case, Latin accents and spaces are ignored."""
    return fold_hashtag(" ".join(unit.split()))
