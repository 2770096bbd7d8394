"""Entries of the ledger: envelopes without content, as they are written and read again.

Of people, messages and hashtags only keyed hashes are kept, so the ledger tells that two messages
have the same actor, not who that is; with the secret of the site one can look for somebody. An
entry stands for one message that came in, or for one that went out to several peers with the same
outcome.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.features.policy.model import Match, Rule
from fedrse.features.policy.model_passage import Outcome

HASH_BYTES: Final = 8
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one row after unpacking; a row of this site is far smaller."""

_LEVEL: Final = 1  # of zlib: most of the gain at a third of the time
_OUTCOMES: Final = tuple(Outcome)
_NUMBERS: Final = {outcome: number for number, outcome in enumerate(_OUTCOMES)}


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One line. ``at`` in milliseconds; ``actor``, ``uris`` and ``tags`` are hashes.

    ``code``: why it was refused before the policy was asked. ``count``: how many alike.
    """

    at: int
    incoming: bool
    hosts: tuple[str, ...]
    actor: bytes
    uris: tuple[bytes, ...]
    type: str
    object_type: str
    audience: str
    languages: tuple[str, ...]
    tags: tuple[bytes, ...]
    attachments: tuple[str, ...]
    size: int
    role: str
    software: str
    address: str
    number: int  # of the outcome
    effects: int
    rules: tuple[int, ...] = ()
    shadow: tuple[int, ...] = ()
    code: str = ""
    count: int = 1
    addresses: tuple[str, ...] = ()
    """IP addresses of the servers in ``hosts``, one each, where they are not ``address``."""

    @property
    def outcome(self) -> Outcome:
        return _OUTCOMES[self.number]

    @property
    def direction(self) -> Direction:
        return Direction.IN if self.incoming else Direction.OUT

    def envelopes(self) -> Iterator[Envelope]:
        """What is decided about again, one per peer; names are replaced by hashes in hex."""
        actor = self.actor.hex()
        tags = tuple([tag.hex() for tag in self.tags])
        addresses = self.addresses or (self.address,) * len(self.hosts)
        for host, address in zip(self.hosts, addresses, strict=True):
            yield Envelope(
                direction=self.direction,
                host=host,
                actor=actor,
                type=self.type,
                object_type=self.object_type,
                audience=self.audience,
                languages=self.languages,
                tags=tags,
                attachments=self.attachments,
                size=self.size,
                role=self.role,
                software=self.software,
                address=address,
            )


def number_of(outcome: Outcome) -> int:
    """How an outcome is written."""
    return _NUMBERS[outcome]


_encode = Encoder().encode
_decode = Decoder(list[Entry]).decode


def pack(entries: Sequence[Entry]) -> bytes:
    """The bytes of a row."""
    return zlib.compress(_encode(entries), _LEVEL)


def unpack(packed: bytes) -> list[Entry]:
    """The entries of a row. Raises ValueError for what this module has not written."""
    return _decode(_inflated(packed))


def mentions(packed: bytes, hashes: Iterable[bytes]) -> bool:
    """Whether one of these hashes may be in a row; quicker than reading it."""
    plain = _inflated(packed)
    return any(one in plain for one in hashes)


def _inflated(packed: bytes) -> bytes:
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(packed, LARGEST)
    except zlib.error as error:
        raise ValueError("the row of the ledger is damaged") from error
    if machine.unconsumed_tail:
        raise ValueError("the row of the ledger is too large")
    return plain


class Hasher:
    """Keyed hashes of names; ``secret`` is that of the site."""

    def __init__(self, secret: bytes) -> None:
        self._base = blake2b(
            key=blake2b(secret, digest_size=32, person=b"policy-ledger").digest(),
            digest_size=HASH_BYTES,
        )
        self.often = lru_cache(maxsize=4096)(self.hash)
        """For actors and tags, which come again and again."""

    def hash(self, text: str) -> bytes:
        """Eight bytes; none for nothing."""
        if not text:
            return b""
        machine = self._base.copy()
        machine.update(text.encode("utf-8", "surrogatepass"))
        return machine.digest()

    def rule(self, rule: Rule) -> Rule:
        """A rule that matches what ``Entry.envelopes`` gives where it matched the originals."""
        match = rule.match
        if not match.actors and not match.tags:
            return rule
        changed: dict[str, Any] = {
            "actors": tuple(self.hash(actor).hex() for actor in match.actors),
            "tags": tuple(self.hash(tag.lower().lstrip("#")).hex() for tag in match.tags),
        }
        return replace_match(rule, changed)


def replace_match(rule: Rule, changed: dict[str, Any]) -> Rule:
    """The rule with other values in some fields of what it matches."""
    fields = {name: getattr(rule.match, name) for name in Match.__struct_fields__}
    match = Match(**{**fields, **changed})
    values = {name: getattr(rule, name) for name in Rule.__struct_fields__}
    return Rule(**{**values, "match": match})
