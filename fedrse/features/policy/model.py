"""Rules of the border as values: what they match, what they do, and what was decided. Pure."""

from __future__ import annotations

from enum import IntFlag, StrEnum
from typing import Final

from msgspec import Struct

from fedrse.activitypub.envelopes import Direction

LOCAL: Final = "local"
SETTINGS: Final = "settings"
NETWORK: Final = "network"
LIST: Final = "list:"  # and the id of the subscription
ADMIN_API: Final = "admin API"
"""Sources of rules."""
OWN: Final = frozenset({LOCAL, ADMIN_API})
"""Sources of rules that people of this site make and change."""


class Effect(StrEnum):
    """What a rule does to what it matches."""

    ALLOW = "allow"  # an exception: stronger rules for the same aside, it may cross
    DENY = "deny"
    QUARANTINE = "quarantine"  # held until an admin releases or drops it
    LIMIT = "limit"  # silenced: seen by those who follow or look, nowhere proposed
    STRIP_MEDIA = "strip_media"
    STRIP_HTML = "strip_html"
    NO_REPORTS = "no_reports"
    NO_DIRECT = "no_direct"  # no direct messages
    FOLLOWERS_ONLY = "followers_only"  # posts count as for followers of their author
    DELAY = "delay"  # Rule.delay milliseconds
    CAP = "cap"  # at most Rule.cap messages in Rule.period milliseconds, by peer


class State(StrEnum):
    """How far a rule is."""

    DRAFT = "draft"  # decides nothing; can be rehearsed
    SHADOW = "shadow"  # decides nothing, but the ledger notes what it would have done
    ACTIVE = "active"


class Match(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule is about: every field that is given has to match; one of its values is enough."""

    # A host and everything below it (suffix by labels); "=host" is the host alone.
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()  # CIDR ranges of the peer's address
    roles: tuple[str, ...] = ()  # member, allowed, other
    software: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()  # URIs
    types: tuple[str, ...] = ()  # of the activity or its object: so functions can be named
    languages: tuple[str, ...] = ()  # "fr" matches fr-CA, too
    tags: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    direction: Direction | None = None  # None: both ways


class Rule(Struct, frozen=True, kw_only=True):
    """A row of ``policy_rule``. Times in milliseconds."""

    id: int
    match: Match
    effect: Effect
    state: State = State.ACTIVE
    reason: str = ""  # shown to everybody who may read the rules
    private_reason: str = ""
    author: str = ""
    source: str = LOCAL  # or ADMIN_API, SETTINGS, NETWORK, LIST with an id
    created_at: int = 0
    starts_at: int | None = None
    ends_at: int | None = None
    review_at: int | None = None
    delay: int = 0
    cap: int = 0
    period: int = 0
    obfuscate: bool = False  # where rules are published, the hosts are shown in part


class Effects(IntFlag):
    """Effects of a decision together."""

    NONE = 0
    DENY = 1
    QUARANTINE = 2
    LIMIT = 4
    STRIP_MEDIA = 8
    STRIP_HTML = 16
    NO_REPORTS = 32
    NO_DIRECT = 64
    FOLLOWERS_ONLY = 128
    DELAY = 256
    CAP = 512


class Decision(Struct, frozen=True, gc=False, kw_only=True):
    """What was decided about an envelope (``activitypub.envelopes.Verdict``).

    ``rules`` are those that decided, ``shadow`` those that would have; ``default``: no rule, the
    mode of the site decided.
    """

    effects: Effects = Effects.NONE
    rules: tuple[int, ...] = ()
    shadow: tuple[int, ...] = ()
    default: bool = False
    delay: int = 0
    cap: int = 0  # of the strictest CAP among the rules
    period: int = 0
    reason: str = ""  # public, of the rule that decided; never the private one

    @property
    def denied(self) -> bool:
        return bool(self.effects & Effects.DENY)

    @property
    def quarantined(self) -> bool:
        return bool(self.effects & Effects.QUARANTINE)
