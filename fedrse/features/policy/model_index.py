"""Finds the rules that may match an envelope without looking at all of them. Pure.

Each rule is filed under the values of one of its fields, the one by which fewest other rules are
filed; rules that name nothing to be filed under are looked at every time. So what is looked at
grows with the rules that match, not with all that there are.
"""

from __future__ import annotations

import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Final

from fedrse.activitypub.envelopes import Envelope
from fedrse.activitypub.extraction import CARRIERS, WRITTEN
from fedrse.features.policy.model import Match, Rule, State
from fedrse.features.sites.model import names_above

FOREVER: Final = 1 << 62
OTHER: Final = "other"  # the role of whoever has none
EXACTLY: Final = "="  # before a host: not what is below it

Range = tuple[int, int, int]
"""Length of an address in bits, of its prefix, and the prefix."""

_PORT, _EXACT, _PER_LABEL = 2, 3, 4
_ACTOR, _HOST, _RANGE, _KIND = 32, 16, 8, 4  # bits to the left


class Compiled:
    """A rule with its fields as sets, None where it does not care."""

    __slots__ = (
        "actors",
        "attachments",
        "audiences",
        "direction",
        "effect",
        "ends_at",
        "hosts",
        "is_shadow",
        "languages",
        "others",
        "ranges",
        "roles",
        "rule",
        "software",
        "starts_at",
        "tags",
        "types",
    )

    def __init__(self, rule: Rule) -> None:
        match = rule.match
        self.rule = rule
        self.effect = rule.effect
        self.is_shadow = rule.state is State.SHADOW
        self.starts_at = -FOREVER if rule.starts_at is None else rule.starts_at
        self.ends_at = FOREVER if rule.ends_at is None else rule.ends_at
        self.actors = frozenset(match.actors) or None
        self.hosts = frozenset(match.hosts) or None
        self.ranges = frozenset(map(range_of, match.networks)) or None
        self.roles = frozenset(match.roles) or None
        self.software = _lower(match.software)
        self.types = _lower(match.types)
        self.languages = _lower(match.languages)
        self.tags = _lower(match.tags)
        self.attachments = _lower(match.attachments)
        self.audiences = _lower(match.audiences)
        self.direction = match.direction
        self.others = count_of_others(match)


class Facts:
    """An envelope in the form in which rules are compared with it."""

    __slots__ = ("_address", "_languages", "envelope", "hosts", "role", "types")

    def __init__(self, envelope: Envelope, role: str) -> None:
        self.envelope = envelope
        self.role = role or OTHER
        self.hosts = ranked_names(envelope.host)
        self.types = types_of(envelope)
        self._address: tuple[int, int] | None = None
        self._languages: tuple[str, ...] | None = None

    @property
    def address(self) -> tuple[int, int]:
        """Bits and number of the peer's address; (0, 0): not known."""
        if self._address is None:
            self._address = address_of(self.envelope.address)
        return self._address

    @property
    def languages(self) -> tuple[str, ...]:
        """Tags and all that they begin with: fr-ca, fr."""
        if self._languages is None:
            found = []
            for tag in self.envelope.languages:
                while tag:
                    found.append(tag)
                    tag = tag.rpartition("-")[0]  # noqa: PLW2901
            self._languages = tuple(found)
        return self._languages


def types_of(envelope: Envelope) -> tuple[str, ...]:
    """What a message is, for rules about types.

    Whatever carries a post may bring one that is not known yet, however it is called: a rule about
    ``Create`` is about an ``Update``, a request and a document that is fetched, too. Else the same
    post would come in by another door, or with what was taken out of it before.
    """
    kind, shown = envelope.type, envelope.object_type
    if shown in WRITTEN and kind in CARRIERS:
        return kind.lower(), shown.lower(), "create"
    return kind.lower(), shown.lower()


def strength(one: Compiled, facts: Facts) -> int:
    """How narrowly a rule matches, -1: not at all. Only the order of the numbers has a meaning."""
    envelope = facts.envelope
    total = one.others
    if one.hosts is not None:
        for name, rank in facts.hosts:
            if name in one.hosts:
                total += rank << _HOST
                break
        else:
            return -1
    if one.actors is not None:
        if envelope.actor not in one.actors:
            return -1
        total += 1 << _ACTOR
    if one.ranges is not None:
        longest = _longest(one.ranges, facts.address)
        if longest < 0:
            return -1
        total += (longest + 1) << _RANGE
    if one.roles is not None:
        if facts.role not in one.roles:
            return -1
        total += 1 << _KIND
    if one.software is not None:
        if envelope.software not in one.software:
            return -1
        total += 1 << _KIND
    return total if _content_matches(one, facts) else -1


def strength_at_most(one: Compiled, names: Sequence[tuple[str, int]], role: str) -> int:
    """The most that ``strength`` can be for something of a peer of which no more is known."""
    total = one.others
    if one.hosts is not None:
        rank = next((rank for name, rank in names if name in one.hosts), None)
        if rank is None:
            return -1
        total += rank << _HOST
    if one.roles is not None:
        if (role or OTHER) not in one.roles:
            return -1
        total += 1 << _KIND
    if one.actors is not None:
        total += 1 << _ACTOR
    if one.ranges is not None:
        total += (max(length for _, length, _ in one.ranges) + 1) << _RANGE
    return total if one.software is None else total + (1 << _KIND)


def _content_matches(one: Compiled, facts: Facts) -> bool:
    """Whether the fields match that are about the message itself."""
    envelope = facts.envelope
    if one.direction is not None and one.direction is not envelope.direction:
        return False
    if one.types is not None and one.types.isdisjoint(facts.types):
        return False
    if one.tags is not None and one.tags.isdisjoint(envelope.tags):
        return False
    if one.languages is not None and one.languages.isdisjoint(facts.languages):
        return False
    if one.attachments is not None and one.attachments.isdisjoint(envelope.attachments):
        return False
    return one.audiences is None or envelope.audience in one.audiences


class Index:
    """Rules filed by what they name."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        self._lengths: tuple[tuple[int, int], ...] = ()
        self._filed: dict[str, dict[object, list[Compiled]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._always: list[Compiled] = []
        counts = Counter(
            (field, value) for one in rules for field in FIELDS for value in values_of(one, field)
        )
        for one in rules:
            self._file(one, counts)
        self._filed = {field: dict(filed) for field, filed in self._filed.items()}
        self._lengths = tuple(
            sorted({key[:2] for key in self._filed.get("ranges", ())})  # type: ignore[index]
        )

    def _file(self, one: Compiled, counts: Counter[tuple[str, object]]) -> None:
        best: tuple[int, str] | None = None
        for field in FIELDS:
            values = values_of(one, field)
            if values:
                crowd = max(counts[field, value] for value in values)
                if best is None or crowd < best[0]:
                    best = crowd, field
        if best is None:
            self._always.append(one)
            return
        filed = self._filed[best[1]]
        for value in values_of(one, best[1]):
            filed[value].append(one)

    def candidates(self, facts: Facts) -> Iterable[Compiled]:
        """All rules that may match, each once; some of them do not."""
        found: list[Compiled] = list(self._always)
        for field, filed in self._filed.items():
            for value in self._asked(field, facts):
                rules = filed.get(value)
                if rules is not None:
                    found += rules
        return found if len(found) < 2 else dict.fromkeys(found)

    def _asked(self, field: str, facts: Facts) -> Iterable[object]:
        """The values of an envelope under which rules may be filed."""
        envelope = facts.envelope
        match field:
            case "hosts":
                return [name for name, _ in facts.hosts]
            case "actors":
                return (envelope.actor,)
            case "ranges":
                return self._ranges(facts.address)
            case "types":
                return facts.types
            case "languages":
                return facts.languages
            case "roles":
                return (facts.role,)
            case "audiences":
                return (envelope.audience,)
            case "software":
                return (envelope.software,)
            case _:
                return envelope.tags if field == "tags" else envelope.attachments

    def _ranges(self, address: tuple[int, int]) -> list[Range]:
        bits, number = address
        return [
            (bits, length, number >> (bits - length))
            for size, length in self._lengths
            if size == bits
        ]


# Narrow ones first: where two are equally rare, rules are filed by the first.
FIELDS: Final = (
    *("actors", "hosts", "tags", "software", "ranges"),
    *("types", "languages", "attachments", "audiences", "roles"),
)


def values_of(one: Compiled, field: str) -> frozenset[object]:
    """What a rule names in a field; nothing where it does not care."""
    values: frozenset[object] | None = getattr(one, field)
    return values or frozenset()


def ranked_names(host: str) -> list[tuple[str, int]]:
    """What rules may call a peer, with how narrow each name is; the narrowest first."""
    names = list(names_above(host))
    if not host.endswith("]") and ":" in host:
        ranked = [(name, _rank(name)) for name in names]
        ranked.sort(key=lambda pair: -pair[1])
    else:
        count = len(names)
        ranked = [(name, (count - at) * _PER_LABEL) for at, name in enumerate(names)]
    top = ranked[0][1] // _PER_LABEL * _PER_LABEL if ranked else 0
    return [(EXACTLY + host, top + _EXACT), *ranked]


def _rank(name: str) -> int:
    has_port = ":" in name and not name.endswith("]")
    bare = name.rpartition(":")[0] if has_port else name
    return (bare.count(".") + 1) * _PER_LABEL + (_PORT if has_port else 0)


def count_of_others(match: Match) -> int:
    """How many of the fields are given that say something about the message itself."""
    fields = (match.types, match.languages, match.tags, match.attachments, match.audiences)
    return sum(map(bool, fields)) + (match.direction is not None)


def range_of(text: str) -> Range:
    """A range of addresses as numbers. Raises ValueError."""
    network = ip_network(text)
    bits = network.max_prefixlen
    return bits, network.prefixlen, int(network.network_address) >> (bits - network.prefixlen)


def address_of(text: str) -> tuple[int, int]:
    """Bits and number of an address; IPv4 inside of IPv6 is IPv4. (0, 0) for anything else."""
    text = text.strip("[]")
    try:
        if ":" not in text:
            return 32, int.from_bytes(socket.inet_pton(socket.AF_INET, text))
        packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return 0, 0
    if packed.startswith(_MAPPED):
        return 32, int.from_bytes(packed[12:])
    return 128, int.from_bytes(packed)


_MAPPED: Final = bytes(10) + b"\xff\xff"


def _longest(ranges: Iterable[Range], address: tuple[int, int]) -> int:
    bits, number = address
    fitting = (
        length
        for size, length, prefix in ranges
        if size == bits and number >> (bits - length) == prefix
    )
    return max(fitting, default=-1)


def covers(one: Compiled, facts: Facts) -> bool:
    """Whether the peer's address lies in one of the ranges of a rule."""
    return one.ranges is not None and _longest(one.ranges, facts.address) >= 0


def _lower(values: Sequence[str]) -> frozenset[str] | None:
    return frozenset(value.lower() for value in values) or None
