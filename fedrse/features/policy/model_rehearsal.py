"""What another policy would have made of the traffic of the ledger. Pure.

Every entry is decided about again, with the same functions that decide live
(``model_decide.decide``, ``model_passage.passage_of``), at the time when it was noted. Rules that
have not begun count as begun, because what is asked is what they would do; rules that have ended
do nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fedrse.activitypub.buckets import Buckets
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.features.policy.model import Decision, Rule, State
from fedrse.features.policy.model_decide import Policy, decide
from fedrse.features.policy.model_ledger import Entry
from fedrse.features.policy.model_passage import Outcome, outcome_of, passage_of

DOOR: Final = frozenset({"peer_blocked", "peer_not_allowed", "policy_denied"})
"""Refusals that came from the policy, although nothing of the message was known."""

FIRST_NUMBER: Final = 1 << 48
"""Rules of a file that have no number yet are numbered from here."""

_MOST_REMEMBERED: Final = 50_000
_STOPPED: Final = frozenset({Outcome.DENIED, Outcome.REFUSED, Outcome.HELD, Outcome.CAPPED})


def ready(rules: Iterable[Rule], now: int) -> list[Rule]:
    """Rules as they are rehearsed: numbered, begun, and without those that have ended."""
    found = []
    for number, rule in enumerate(rules):
        if rule.ends_at is not None and rule.ends_at <= now:
            continue
        values = {name: getattr(rule, name) for name in Rule.__struct_fields__}
        values |= {"id": rule.id or FIRST_NUMBER + number, "starts_at": None, "ends_at": None}
        found.append(Rule(**values))
    return found


def with_drafts(rules: Iterable[Rule]) -> list[Rule]:
    """All rules of a site, its drafts as if they were active."""
    found = []
    for rule in rules:
        values = {name: getattr(rule, name) for name in Rule.__struct_fields__}
        if rule.state is State.DRAFT:
            values["state"] = State.ACTIVE
        found.append(Rule(**values))
    return found


class Rehearsal:
    """Counts what changes. ``policy`` is the candidate, its names replaced by hashes."""

    def __init__(self, policy: Policy, now: int) -> None:
        self._policy = policy
        self._now = now
        self._buckets = Buckets()
        self._known: dict[Envelope, Decision] = {}
        self.entries = 0
        self.messages = 0
        self.before: Counter[Outcome] = Counter()
        self.after: Counter[Outcome] = Counter()
        self.changes: Counter[tuple[Outcome, Outcome]] = Counter()
        self.peers: dict[str, Counter[str]] = {}
        self.types: dict[str, Counter[str]] = {}
        self.rules: dict[int, Counter[str]] = {}
        self.shadow: Counter[int] = Counter()
        self.senders: dict[str, set[bytes]] = {}
        self.stopped: Counter[bytes] = Counter()  # by who of this site sent it

    def feed(self, entries: Sequence[Entry]) -> None:
        """Decides about some entries, in the order in which they were noted."""
        for entry in entries:
            self.entries += 1
            for envelope in entry.envelopes():
                self._one(entry, envelope)

    def outcome(self, entry: Entry, envelope: Envelope) -> tuple[Outcome, Decision | None]:
        """What would become of one message now."""
        if entry.code and entry.code not in DOOR:
            return Outcome.REFUSED, None  # no policy makes a wrong signature right
        decision = self._decide(envelope)
        passage = passage_of(envelope, decision, self._buckets, entry.at)
        return outcome_of(passage), decision

    def _decide(self, envelope: Envelope) -> Decision:
        decision = self._known.get(envelope)
        if decision is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            decision = self._known[envelope] = decide(self._policy, envelope, self._now)
        return decision

    def _one(self, entry: Entry, envelope: Envelope) -> None:
        count = entry.count
        before = Outcome.DENIED if entry.code in DOOR else entry.outcome
        after, decision = self.outcome(entry, envelope)
        self.messages += count
        self.before[before] += count
        self.after[after] += count
        if decision is not None:
            for rule in decision.shadow:
                self.shadow[rule] += count
        if before is after:
            return
        word = _word(before, after)
        self.changes[before, after] += count
        self.peers.setdefault(envelope.host, Counter())[word] += count
        kind = f"{envelope.type or 'anything'} {envelope.object_type}".strip()
        self.types.setdefault(f"{envelope.direction.value} {kind}", Counter())[word] += count
        for rule in () if decision is None else decision.rules:
            self.rules.setdefault(rule, Counter())[word] += count
        if envelope.direction is Direction.OUT and after in _STOPPED:
            self.senders.setdefault(envelope.host, set()).add(entry.actor)
            self.stopped[entry.actor] += count

    @property
    def newly_stopped(self) -> list[str]:
        """Peers of which something would have been stopped that was not; the most first."""
        found = {
            host: counts["refused"] + counts["held"] + counts["capped"]
            for host, counts in self.peers.items()
        }
        return sorted((host for host in found if found[host]), key=lambda host: -found[host])

    def plain(self, most: int) -> dict[str, Any]:
        """The result as plain values, lists cut to the ``most`` that changes most for."""
        return {
            "entries": self.entries,
            "messages": self.messages,
            "before": {outcome.value: self.before[outcome] for outcome in Outcome},
            "after": {outcome.value: self.after[outcome] for outcome in Outcome},
            "changed": sum(self.changes.values()),
            "changes": [
                {"before": before.value, "after": after.value, "messages": count}
                for (before, after), count in self.changes.most_common()
            ],
            "peers": _listed("host", self.peers, most),
            "types": _listed("type", self.types, most),
            "rules": _listed("rule", self.rules, most),
            "shadow": [
                {"rule": rule, "messages": count} for rule, count in self.shadow.most_common(most)
            ],
        }


def _word(before: Outcome, after: Outcome) -> str:
    if after is Outcome.DENIED:
        return "refused"
    if after in {Outcome.HELD, Outcome.CAPPED}:
        return after.value
    return "let_through" if before in _STOPPED else after.value


def _listed(name: str, counts: dict[Any, Counter[str]], most: int) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1].total(), str(item[0])))
    return [
        {name: key, "messages": found.total(), **dict(sorted(found.items()))}
        for key, found in ordered[:most]
    ]
