"""What the policy says about a peer before anything of a message is known. Pure.

Asked before any signature is checked and before any connection is made, so only what is certain
counts: a peer is refused here if whatever it could send or ask for would be denied. The rest is
decided when there is an envelope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.urls import BadUrl, origin_of
from fedrse.features.policy.model import Effect, Rule, State
from fedrse.features.policy.model_decide import Policy, rank_of
from fedrse.features.policy.model_index import (
    EXACTLY,
    Compiled,
    Facts,
    covers,
    ranked_names,
    strength,
    strength_at_most,
)
from fedrse.features.sites.model import Standing

MOST_REMEMBERED = 4096


class HostRules:
    """The denies and allows of a policy by host, with what was found out so far."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._by_host: dict[str, list[Compiled]] = defaultdict(list)
        self._anywhere: list[Compiled] = []
        self._of_ours: list[Compiled] = []  # about what our people send, wherever it goes
        self._denied_ranges: list[Compiled] = []
        for rule in policy.rules:
            if rule.state is State.ACTIVE and rule.effect in {Effect.ALLOW, Effect.DENY}:
                self._file(Compiled(rule))
        self._turns = sorted(_turns(self._all()))
        self._known: dict[tuple[str, Direction | None], Standing] = {}
        self._known_until = 0

    def _all(self) -> Iterable[Compiled]:
        yield from self._anywhere
        yield from self._of_ours
        for rules in self._by_host.values():
            yield from rules

    def _file(self, one: Compiled) -> None:
        if one.effect is Effect.DENY and not _only_peer(one):
            if one.ranges is not None and _only_server(one):
                self._denied_ranges.append(one)
            return
        hosts = one.hosts
        if hosts is None and one.actors is not None:
            homes = {host for host in map(_host_of, one.actors) if host}
            if self.policy.defaults.own in homes:
                self._of_ours.append(one)
            hosts = frozenset(EXACTLY + host for host in homes)
        if hosts is None:
            self._anywhere.append(one)
        for host in hosts or ():
            self._by_host[host].append(one)

    def standing(self, host: str, now: int, direction: Direction | None = None) -> Standing:
        """Whether anything may cross, one way or (None) at least one of the two."""
        if host == self.policy.defaults.own:
            return Standing.SELF
        if now >= self._known_until or len(self._known) >= MOST_REMEMBERED:
            self._known = {}
            self._known_until = next((at for at in self._turns if at > now), 1 << 62)
        found = self._known.get((host, direction))
        if found is None:
            found = self._known[host, direction] = self._find(host, now, direction)
        return found

    def refusing(self, envelope: Envelope, now: int) -> list[Rule]:
        """The rules by which nothing is sent to or fetched from an address; none if it may be.

        ``envelope`` says which peer is there, which way, and nothing of a message: what an allow
        may let through is decided when there is one.
        """
        if not self._denied_ranges:
            return []
        role = envelope.role or self.policy.defaults.role(envelope.host)
        facts = Facts(envelope, role)
        found: list[tuple[int, Rule]] = []
        for one in self._denied_ranges:
            how = strength(one, facts) if one.starts_at <= now < one.ends_at else -1
            if how >= 0:
                found.append((how + rank_of(one.rule), one.rule))
        if not found:
            return []
        deny = max(how for how, _ in found)
        if self._strongest_allow(facts, now) > deny:
            return []
        return [rule for how, rule in found if how == deny]

    def _strongest_allow(self, facts: Facts, now: int) -> int:
        """How strong an allow may be for something of which peer and address are known."""
        direction = facts.envelope.direction
        named = [one for name, _ in facts.hosts for one in self._by_host.get(name, ())]
        ours = self._of_ours if direction is Direction.OUT else ()
        return max(
            (
                strength_at_most(one, facts.hosts, facts.role)
                for one in (*named, *self._anywhere, *ours)
                if one.effect is Effect.ALLOW
                and one.starts_at <= now < one.ends_at
                and one.direction in {None, direction}
                and (one.ranges is None or covers(one, facts))
            ),
            default=-1,
        )

    def _find(self, host: str, now: int, direction: Direction | None) -> Standing:
        if direction is not None:
            return self._one_way(host, now, direction)
        ways = [self._one_way(host, now, way) for way in Direction]
        refused = {Standing.BLOCKED, Standing.OUTSIDE}
        return next((way for way in ways if way not in refused), ways[0])

    def _one_way(self, host: str, now: int, direction: Direction) -> Standing:
        defaults = self.policy.defaults
        role, names = defaults.role(host), ranked_names(host)
        found = [one for name, _ in names for one in self._by_host.get(name, ())]
        allow = deny = -1
        named = False
        ours = self._of_ours if direction is Direction.OUT else ()
        for one in (*found, *self._anywhere, *ours):
            if not one.starts_at <= now < one.ends_at or one.direction not in {None, direction}:
                continue
            how = strength_at_most(one, names, role)
            if how < 0:
                continue
            if one.effect is Effect.DENY:
                deny = max(deny, how + rank_of(one.rule))
            else:
                allow = max(allow, how)
                named = named or one.hosts is not None or (one in found and one.actors is not None)
        if deny >= 0 and deny >= allow:
            return Standing.BLOCKED
        if role == "member":
            return Standing.MEMBER
        if role == "allowed" or named:
            return Standing.ALLOWED
        if not defaults.closed:
            return Standing.OPEN
        return Standing.ALLOWED if allow >= 0 else Standing.OUTSIDE


def _only_peer(one: Compiled) -> bool:
    """Whether a rule is about everything of a peer."""
    fields = (one.actors, one.ranges, one.software, one.types, one.languages, one.tags)
    return all(field is None for field in (*fields, one.attachments, one.audiences))


def _only_server(one: Compiled) -> bool:
    """Whether a rule is about servers, wherever and whatever they are, and everything of them."""
    fields = (one.actors, one.types, one.languages, one.tags, one.attachments, one.audiences)
    return all(field is None for field in fields)


def _host_of(actor: str) -> str | None:
    try:
        return origin_of(actor).peer
    except BadUrl:
        return None


def _turns(rules: Iterable[Compiled]) -> set[int]:
    """When rules begin or end to hold."""
    return {at for one in rules for at in (one.starts_at, one.ends_at)}
