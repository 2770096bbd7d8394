"""Entries of the log and the bytes that are hashed. Pure.

The hash of an entry is SHA-256, in hexadecimal, over its canonical JSON (RFC 8785), which holds
number and hash of the chain before it. So whoever knows one hash knows all entries before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Any, Final, NamedTuple

from msgspec import DecodeError, Raw, Struct
from msgspec.json import decode, encode

from fedrse.activitypub.jcs import canonicalize
from fedrse.core.errors import Invalid
from fedrse.features.audit.model_acts import Act

LONGEST_NAME: Final = 300
LONGEST_REASON: Final = 2000
LONGEST_VALUE: Final = 64 * 1024  # bytes of ``before`` or ``after``


class Origin(StrEnum):
    """Who acts.

    COMMAND: somebody at the command line; SUBSCRIPTION: a list from elsewhere; SITE: the program
    by itself.
    """

    PERSON = "person"
    COMMAND = "command"
    SUBSCRIPTION = "subscription"
    SITE = "site"


class Actor(Struct, frozen=True):
    """Who did it; ``id`` is an account, the name of an operator, or the address of a list.

    ``name`` is shown; that of a person is filled in when the entry is written.
    """

    origin: Origin
    id: str
    name: str = ""


SITE: Final = Actor(Origin.SITE, "")
"""The program by itself."""


class Target(Struct, frozen=True):
    """To what it was done: ``kind`` such as account, host, rule; ``name`` as it was then."""

    kind: str
    id: str
    name: str = ""


NOTHING: Final = Target("", "")
"""Acts on nothing in particular."""


class Head(NamedTuple):
    """Where the chain ends: the number and the hash of its last entry; nothing is 0 and ""."""

    number: int
    hash: str


EMPTY: Final = Head(0, "")


class Entry(NamedTuple):
    """One line of the log, in the order of the columns.

    ``at`` in milliseconds, ``before`` and ``after`` are canonical JSON, ``null`` for nothing.
    """

    number: int
    at: int
    actor_origin: str
    actor_id: str
    actor_name: str
    act: str
    target_kind: str
    target_id: str
    target_name: str
    before: str
    after: str
    reason: str
    previous: str
    hash: str


class Flaw(NamedTuple):
    """Where a chain is broken, and how."""

    number: int
    kind: FlawKind


class FlawKind(StrEnum):
    """What can be wrong with an entry, or with the end of the chain."""

    CHANGED = "changed"  # its hash is not that of what it says
    GAP = "gap"  # entries before it are missing
    CHAIN = "chain"  # it does not follow from the entry before it
    ORDER = "order"  # it stands where an older one should
    TRUNCATED = "truncated"  # entries are missing at the end
    REWRITTEN = "rewritten"  # another entry has the number of one that is known


def person(account_id: int) -> Actor:
    """Somebody of this site."""
    return Actor(Origin.PERSON, str(account_id))


def canonical(value: Any) -> str:
    """``before`` and ``after`` as they are stored.

    Raises Invalid (``audit_value_too_long``) beyond 64 KiB, BadRequest for what JCS cannot write.
    """
    found = canonicalize(value)
    if len(found) > LONGEST_VALUE:
        raise Invalid("audit_value_too_long", "This is more than the log can hold.")
    return found.decode()


def bytes_of(entry: Entry) -> bytes:
    """What is hashed: JCS of the entry, written directly, since its members are always the same.

    ``before`` and ``after`` are canonical already; that is a test, not an assumption
    (``tests/features/audit``).
    """
    return (
        f'{{"act":{quoted(entry.act)},"actor":{{"id":{quoted(entry.actor_id)},'
        f'"name":{quoted(entry.actor_name)},"origin":{quoted(entry.actor_origin)}}},'
        f'"after":{entry.after},"at":{entry.at},"before":{entry.before},'
        f'"number":{entry.number},"previous":{quoted(entry.previous)},'
        f'"reason":{quoted(entry.reason)},"target":{{"id":{quoted(entry.target_id)},'
        f'"kind":{quoted(entry.target_kind)},"name":{quoted(entry.target_name)}}}}}'
    ).encode("utf-8", "surrogatepass")


def hash_of(entry: Entry) -> str:
    """The hash that an entry should have."""
    return sha256(bytes_of(entry)).hexdigest()


def sealed(entry: Entry) -> Entry:
    """The entry with its hash."""
    return entry._replace(hash=hash_of(entry))


def flaws(entries: Iterable[Entry], before: Head = EMPTY) -> Iterator[Flaw]:
    """What is wrong with a piece of the chain that follows ``before``; nothing if it is whole.

    After a flaw the chain is followed on from where it stands, so each is told once.
    """
    number, last = before
    for entry in entries:
        if entry.number != number + 1:
            yield Flaw(entry.number, FlawKind.GAP if entry.number > number else FlawKind.ORDER)
        elif entry.previous != last:
            yield Flaw(entry.number, FlawKind.CHAIN)
        if hash_of(entry) != entry.hash or not (_is_json(entry.before) and _is_json(entry.after)):
            yield Flaw(entry.number, FlawKind.CHANGED)
        number, last = entry.number, entry.hash


def _is_json(text: str) -> bool:
    """So that no value reaches over into the members beside it."""
    if text == "null":
        return True
    try:
        decode(text)
    except DecodeError:
        return False
    return True


def line_of(entry: Entry) -> bytes:
    """An entry as a line of JSON: all that is hashed, and the hash."""
    before, after = Raw(entry.before.encode()), Raw(entry.after.encode())
    return encode({**entry._asdict(), "before": before, "after": after}) + b"\n"


def known_act(text: str) -> Act | None:
    """The act of a stored name; None for one that this version does not know."""
    try:
        return Act(text)
    except ValueError:
        return None
