"""Lists of other places that this site follows: what becomes of their entries. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.features.policy.model import LIST, Effect, Rule, State
from fedrse.features.policy.model_lists import Entry, rules_of
from fedrse.features.sites.model import names_above

USUAL_MOST: Final = 5  # percent of the peers that a list may deny without a person's yes
FEW: Final = 10  # entries of a list that may vanish or change at once
WINDOW: Final = 30 * DAY
"""How long changes are added up after somebody has agreed, or after the last window."""

MOST_NAMED: Final = 10  # sites that would be denied, where a list is not applied


class Subscription(Struct, frozen=True):
    """A row of ``policy_list``: same names, same order. Times in milliseconds.

    ``state`` is that of its rules; ``exceptions`` are hosts it says nothing about here; ``most``
    is in percent of the peers known; ``threshold``: how many lists have to name a host. Where
    ``waiting`` says why, what was fetched is not applied until somebody agrees (``confirmed`` is
    then its ``digest``). ``base_json`` is what it said at ``base_at``, when somebody agreed last or
    the last window ended: what it does is judged against that, not against yesterday.
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
    base_json: str = "[]"
    base_at: int | None = None

    @property
    def exceptions(self) -> frozenset[str]:
        return frozenset(_hosts.decode(self.exceptions_json))

    @property
    def entries(self) -> list[Entry]:
        """What the source said when it was last applied."""
        return _entries.decode(self.entries_json)

    @property
    def base(self) -> list[Entry]:
        """What changes are compared with."""
        return _entries.decode(self.base_json)

    def base_after(self, found: str, now: int, *, agreed: bool) -> tuple[str, int]:
        """What later changes are compared with once ``found`` (JSON) is applied, since when."""
        if agreed or self.base_at is None:
            return found, now
        if now >= self.base_at + WINDOW:
            return self.entries_json, now
        return self.base_json, self.base_at

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

    ``before`` are its entries now or at the last yes, whichever are more. ``denied`` are the known
    peers that it would deny and that were not denied then, of ``peers``.
    """
    hit = sorted(frozenset(members) & frozenset(denied))
    if hit:
        if len(hit) > 1:
            return f"it would deny {', '.join(hit[:MOST_NAMED])}: {len(hit)} members of the network"
        return f"it would deny {hit[0]}, a member of the network"
    if len(denied) * 100 > most * peers and denied:
        share = f"{len(denied)} of {peers} known sites, more than {most} %"
        return f"it would deny {share}: {', '.join(sorted(denied)[:MOST_NAMED])}"
    if before and not after:
        # A source that is being moved or repaired says nothing, too: undoing can wait a day.
        return f"it is empty; it had {len(before)} entries"
    if len(before) > FEW and len(after) * 2 < len(before):
        return f"it has {len(after)} entries instead of {len(before)}"
    said = {entry.host: entry for entry in before}
    both = [entry for entry in after if entry.host in said]
    other = sum(_kind(entry) != _kind(said[entry.host]) for entry in both)
    if other > FEW and other * 2 > len(both):
        # Another format, which knows no severities: what was limited would be denied.
        return f"it says something else about {other} of {len(both)} hosts"
    return ""


def _kind(entry: Entry) -> tuple[Effect | None, bool, bool]:
    return entry.effect, entry.strip_media, entry.no_reports


def denials(entries: Iterable[Entry]) -> int:
    """How many hosts a list denies."""
    return sum(entry.effect is Effect.DENY for entry in entries)
