"""Lists of other places that this site follows: what becomes of their entries. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from fedrse.features.policy.model import LIST, Effect, Rule, State
from fedrse.features.policy.model_lists import Entry, rules_of
from fedrse.features.sites.model import names_above

USUAL_MOST: Final = 5  # percent of the peers that a list may deny without a person's yes
FEW: Final = 10  # entries of a list that may vanish at once
MOST_NAMED: Final = 10  # sites that would be denied, where a list is not applied


class Subscription(Struct, frozen=True):
    """A row of ``policy_list``: same names, same order. Times in milliseconds.

    ``state`` is that of its rules; ``exceptions`` are hosts it says nothing about here; ``most``
    is in percent of the peers known; ``threshold``: how many lists have to name a host. Where
    ``waiting`` says why, what was fetched is not applied until somebody agrees (``confirmed`` is
    then its ``digest``).
    """

    id: int
    url: str
    state: str
    exceptions_json: str
    most: int
    threshold: int
    author: str
    created_at: int
    fetched_at: int | None
    tried_at: int | None
    error: str
    digest: str
    confirmed: str
    waiting: str
    entries_json: str

    @property
    def exceptions(self) -> frozenset[str]:
        return frozenset(_hosts.decode(self.exceptions_json))

    @property
    def entries(self) -> list[Entry]:
        """What the source said when it was last applied."""
        return _entries.decode(self.entries_json)

    @property
    def source(self) -> str:
        """Of its rules."""
        return f"{LIST}{self.id}"


_hosts = msgspec.json.Decoder(list[str])
_entries = msgspec.json.Decoder(list[Entry])


def wanted_rules(lists: Sequence[Subscription]) -> dict[int, list[Rule]]:
    """The rules that each list makes, by its id: no exceptions, and only what enough lists say."""
    entries = {one.id: one.entries for one in lists}
    named = Counter(host for found in entries.values() for host in {e.host for e in found})
    return {
        one.id: rules_of(
            (
                entry
                for entry in entries[one.id]
                if named[entry.host] >= one.threshold
                and not is_excepted(entry.host, one.exceptions)
            ),
            State(one.state),
        )
        for one in lists
    }


def is_excepted(host: str, exceptions: Iterable[str]) -> bool:
    """Whether a host, or one above it, stands among the exceptions."""
    return not frozenset(exceptions).isdisjoint(names_above(host))


def suspicion(
    before: Sequence[Entry],
    after: Sequence[Entry],
    *,
    denied: Sequence[str],
    peers: int,
    members: Iterable[str],
    most: int,
) -> str:
    """Why a list is not applied without a person's yes; nothing if it is.

    ``denied`` are the known peers that it would deny and that are not denied now, of ``peers``.
    """
    hit = sorted(frozenset(members) & frozenset(denied))
    if hit:
        if len(hit) > 1:
            return f"it would deny {', '.join(hit[:MOST_NAMED])}: {len(hit)} members of the network"
        return f"it would deny {hit[0]}, a member of the network"
    if len(denied) * 100 > most * peers and denied:
        share = f"{len(denied)} of {peers} known sites, more than {most} %"
        return f"it would deny {share}: {', '.join(sorted(denied)[:MOST_NAMED])}"
    if len(before) > FEW and len(after) * 2 < len(before):
        return f"it has {len(after)} entries instead of {len(before)}"
    return ""


def denials(entries: Iterable[Entry]) -> int:
    """How many hosts a list denies."""
    return sum(entry.effect is Effect.DENY for entry in entries)
