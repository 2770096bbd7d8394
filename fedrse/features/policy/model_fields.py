"""Rules as people write them: names of fields, what they may hold, and rules made of them. Pure.

The same for files (TOML, JSON), the command line and the form in the console: a mapping of names
to values, each value a text, a number, a list of texts, or a time of TOML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from ipaddress import ip_network
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from fedrse.activitypub.envelopes import Direction
from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND, from_iso
from fedrse.core.errors import Invalid
from fedrse.core.language import normalise_language
from fedrse.core.nearest import nearest as nearest_word
from fedrse.core.text import clean_text, fold_hashtag, hashtag_name
from fedrse.core.urls import BadUrl, normalise_peer, split_url
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_index import EXACTLY
from fedrse.web.languages import translatable

MOST_VALUES: Final = 1_000  # in one field
LONGEST_REASON: Final = 2_000
LONGEST_TIME: Final = 400 * DAY
NO_HOST: Final = translatable("'%(text)s' is not a host")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9:_.-]{0,99}")
_CAP: Final = translatable("cap and period belong to the effect cap, both, and only to it")
_DURATION: Final = re.compile(r"(\d{1,9})\s*(s|m|h|d)")
_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

ROLES: Final = ("member", "allowed", "other")
ATTACHMENTS: Final = ("image", "video", "audio", "document")
AUDIENCES: Final = ("public", "network", "site", "group", "followers", "direct")
FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "posts": ("Note", "Article", "Page"),
    "polls": ("Question",),
    "reactions": ("Like", "Dislike", "EmojiReact"),
    "boosts": ("Announce",),
    "follows": ("Follow",),
    "profiles": ("Person", "Service", "Group", "Organization", "Application"),
    "events": ("Event", "Join", "Leave"),
    "documents": ("Document",),
    "films": ("Video", "Audio"),
    "pictures": ("Image",),
    "reports": ("Flag",),
    "moves": ("Move",),
}
"""Functions and the types of activities and objects by which they travel."""


class Said(Struct, frozen=True):
    """A sentence for people: ``template`` is in the catalogue, ``values`` stand in it."""

    template: str
    values: Mapping[str, str] = {}

    def __str__(self) -> str:
        return self.template % self.values if self.values else self.template


class Problem(Struct, frozen=True):
    """What is wrong in a file: ``line`` from 1, or 0 where there are no lines."""

    line: int
    said: Said | str

    @property
    def reason(self) -> str:
        return str(self.said)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class BadRules(Invalid):
    """Nothing of a file or form was taken; ``problems`` says what to change."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = [str(problem) for problem in problems[:MOST_SHOWN]]
        if len(problems) > MOST_SHOWN:
            shown.append(f"and {len(problems) - MOST_SHOWN} more")
        super().__init__("policy_rules_wrong", "\n".join(shown))
        self.problems = tuple(problems)


MOST_SHOWN: Final = 50


class WrongField(ValueError):
    """The value of one field; ``said`` says why."""

    def __init__(self, template: str, **values: object) -> None:
        self.said = Said(template, {name: str(value)[:100] for name, value in values.items()})
        super().__init__(str(self.said))


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint for somebody who mistyped a word, or nothing."""
    found = nearest_word(word.lower(), known)
    return f"; the nearest is {found}" if found else ""


def read_rule(fields: Mapping[str, Any], own: str = "") -> tuple[Rule, list[tuple[str, Said]]]:
    """A rule and what is wrong with it: names of fields, each with a reason ("": the whole).

    The rule counts only if nothing is wrong. ``own`` is this site, which no rule can be about.
    """
    wrong: list[tuple[str, Said]] = []
    values: dict[str, Any] = {}
    for name, value in fields.items():
        reader = READERS.get(name)
        if reader is None:
            wrong.append((name, _unknown(name)))
            continue
        try:
            values[name] = reader(value)
        except WrongField as error:
            wrong.append((name, error.said))
    if "effect" not in fields:
        words = {"known": ", ".join(Effect)}
        wrong.append(("", Said(translatable("effect is missing: one of %(known)s"), words)))
    rule = _made(values)
    if not wrong:
        wrong += _contradictions(rule, own)
    return rule, wrong


def _unknown(name: str) -> Said:
    close = nearest_word(name.lower(), READERS)
    if close is None:
        return Said(translatable("'%(name)s' is not known"), {"name": name[:100]})
    return Said(
        translatable("'%(name)s' is not known; the nearest is %(nearest)s"),
        {"name": name[:100], "nearest": close},
    )


def _made(values: Mapping[str, Any]) -> Rule:
    types = (*values.get("types", ()), *values.get("functions", ()))
    match = Match(
        **{name: values[name] for name in _MATCHED if name in values},
        types=tuple(dict.fromkeys(types)),
    )
    rest = {name: value for name, value in values.items() if name in _OF_RULE}
    return Rule(
        **{"id": 0, "effect": Effect.LIMIT, **{_OF_RULE[name]: rest[name] for name in rest}},
        match=match,
    )


def _contradictions(rule: Rule, own: str) -> list[tuple[str, Said]]:
    found: list[tuple[str, Said]] = []
    if rule.match == Match():
        nothing = translatable(
            "the rule says nothing of what it is about (hosts, types, roles, ...)"
        )
        found.append(("", Said(nothing)))
    if own and any(host.removeprefix(EXACTLY) == own for host in rule.match.hosts):
        found.append(("hosts", Said(translatable("%(host)s is this site itself"), {"host": own})))
    if rule.effect is Effect.LIMIT:
        found += _beside_people(rule.match)
    if (rule.effect is Effect.DELAY) != bool(rule.delay):
        belongs = translatable("delay belongs to the effect delay, and only to it")
        found.append(("delay", Said(belongs)))
    if (rule.effect is Effect.CAP) != bool(rule.cap and rule.period) or (
        rule.effect is not Effect.CAP and (rule.cap or rule.period)
    ):
        found.append(("cap", Said(_CAP)))
    if rule.starts_at is not None and rule.ends_at is not None and rule.ends_at <= rule.starts_at:
        found.append(("ends", Said(translatable("the end is not after the start"))))
    return found


def _beside_people(match: Match) -> list[tuple[str, Said]]:
    """A limit marks accounts: it cannot depend on what one message is, or on the way it goes."""
    words = translatable("a limit is about sites and people, not about single messages")
    given = [name for name in _OF_MESSAGES if getattr(match, name)]
    if match.direction is Direction.OUT:
        given.append("direction")
    return [(name, Said(words)) for name in given]


# Readers of values


def _one(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongField(translatable("a text is expected"))
    return value.strip()


def _several(read: Callable[[str], str]) -> Callable[[Any], tuple[str, ...]]:
    """A reader of one text or a list of texts."""

    def reader(value: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
            raise WrongField(translatable("a list of texts is expected"))
        if len(values) > MOST_VALUES:
            raise WrongField(
                translatable("at most %(most)s values; make several rules"), most=MOST_VALUES
            )
        if not values:
            raise WrongField(translatable("the list is empty; leave the field out"))
        return tuple(dict.fromkeys(read(one.strip()) for one in values))

    return reader


def read_host(text: str) -> str:
    """A host of a rule: ``host[:port]``, ``*.host`` (the same), ``=host`` (alone).

    Raises WrongField.
    """
    lead = EXACTLY if text.startswith(EXACTLY) else ""
    bare = text.removeprefix(EXACTLY).removeprefix("*.")
    try:
        return lead + normalise_peer(bare)
    except BadUrl as error:
        raise WrongField(NO_HOST, text=text) from error


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise WrongField(
            translatable("'%(text)s' is not a range of addresses"), text=text
        ) from error


def _actor(text: str) -> str:
    try:
        split_url(text)
    except BadUrl as error:
        raise WrongField(
            translatable("'%(text)s' is not the address of an actor"), text=text
        ) from error
    return text


def _among(known: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in known:
            raise WrongField(
                translatable("'%(text)s' is not one of %(known)s"),
                text=text,
                known=", ".join(known),
            )
        return text.lower()

    return read


def _software(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise WrongField(translatable("'%(text)s' is not the name of software"), text=text)
    return text.lower()


def _type(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise WrongField(
            translatable("'%(text)s' is not the type of an activity or object"), text=text
        )
    return text


def _language(text: str) -> str:
    found = normalise_language(text)
    if found is None:
        raise WrongField(
            translatable("'%(text)s' is not a language, such as fr or fr-CA"), text=text
        )
    return found.lower()


def _tag(text: str) -> str:
    name = hashtag_name(text.removeprefix("#"))
    if name is None:
        raise WrongField(translatable("'%(text)s' is not a hashtag"), text=text)
    return fold_hashtag(name)


def _functions(value: Any) -> tuple[str, ...]:
    names = _several(_among(tuple(FUNCTIONS)))(value)
    return tuple(kind for name in names for kind in FUNCTIONS[name])


def _direction(value: Any) -> Direction | None:
    text = _one(value).lower()
    if text == "both":
        return None
    return Direction(_among(tuple(Direction))(text))


def _text(value: Any) -> str:
    text = clean_text(_one(value)).strip()
    if len(text) > LONGEST_REASON:
        raise WrongField(translatable("at most %(most)s characters"), most=LONGEST_REASON)
    return text


def read_time(value: Any) -> int:
    """A moment in milliseconds: a time or day of TOML, or its text. Raises WrongField."""
    if isinstance(value, datetime):
        value = value.isoformat()
    elif isinstance(value, date):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
    try:
        return from_iso(_one(value))
    except ValueError as error:
        raise WrongField(
            translatable("a time is expected, such as 2026-11-30 or 2026-11-30T09:00Z")
        ) from error


def read_duration(value: Any) -> int:
    """Milliseconds of ``30s``, ``10m``, ``12h``, ``7d``. Raises WrongField."""
    found = _DURATION.fullmatch(_one(value))
    length = 0 if found is None else int(found[1]) * _UNITS[found[2]]
    if not 0 < length <= LONGEST_TIME:
        raise WrongField(translatable("a length of time is expected, such as 30s, 10m, 12h or 7d"))
    return length


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**9:
        raise WrongField(translatable("a whole number above 0 is expected"))
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongField(translatable("true or false is expected"))
    return value


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "id": _count,
    "effect": lambda value: Effect(_among(tuple(Effect))(_one(value))),
    "state": lambda value: State(_among(tuple(State))(_one(value))),
    "hosts": _several(read_host),
    "networks": _several(_network),
    "roles": _several(_among(ROLES)),
    "software": _several(_software),
    "actors": _several(_actor),
    "types": _several(_type),
    "functions": _functions,
    "languages": _several(_language),
    "tags": _several(_tag),
    "attachments": _several(_among(ATTACHMENTS)),
    "audiences": _several(_among(AUDIENCES)),
    "direction": _direction,
    "reason": _text,
    "private_reason": _text,
    "starts": read_time,
    "ends": read_time,
    "review": read_time,
    "delay": read_duration,
    "cap": _count,
    "period": read_duration,
    "obfuscate": _switch,
}
"""How each field is read; all raise WrongField."""

_OF_MESSAGES: Final = (*("types", "languages", "tags", "attachments", "audiences", "networks"),)
_MATCHED: Final = (
    *("hosts", "networks", "roles", "software", "actors", "languages"),
    *("tags", "attachments", "audiences", "direction"),
)
_OF_RULE: Final = {
    **{name: name for name in ("id", "effect", "state", "reason", "private_reason")},
    **{name: name for name in ("delay", "cap", "period", "obfuscate")},
    "starts": "starts_at",
    "ends": "ends_at",
    "review": "review_at",
}


def same_meaning(first: Rule, second: Rule) -> bool:
    """Whether two rules say the same about the same, whoever made them and when."""
    return content_of(first) == content_of(second)


def content_of(rule: Rule) -> Rule:
    """A rule without number, author and age."""
    return replace(rule, id=0, author="", created_at=0, source="")
