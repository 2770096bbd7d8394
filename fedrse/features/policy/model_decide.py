"""What the policy says about an envelope: a pure function over a compiled set of rules.

**Who decides whether something crosses**, strongest first:

1. a deny of the settings (``federation.blocked_hosts``); nothing lifts it
2. a deny of the network (a member that is suspended or removed)
3. local rules and rules of lists, deny against allow, by how narrowly they match
   (``Policy.strength``): an exact actor, then the longer host, then the narrower range of
   addresses, then role and software, then the number of other fields. The strongest decides, and
   where a deny and an allow are equally strong, the deny
4. members of the network and hosts that the settings allow: they pass
5. the mode: closed denies, open lets pass

**Other effects add up.** A quarantine is lifted by an allow that is stronger than it; nothing lifts
the others but their end. Of several delays the longest counts, of several caps the strictest.

Drafts decide nothing. Rules in the state shadow decide nothing either, but are noted where they
would have applied. Rules outside of their time do not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from fedrse.activitypub.envelopes import Envelope
from fedrse.features.policy.model import (
    NETWORK,
    SETTINGS,
    Decision,
    Effect,
    Effects,
    Rule,
    State,
)
from fedrse.features.policy.model_index import Compiled, Facts, Index, strength

CLOSED_REASON: Final = "This site talks to members of its network and allowed servers only."
OF_NETWORK: Final = 1 << 40
OF_SETTINGS: Final = 1 << 41
_BITS: Final = {effect: Effects[effect.name] for effect in Effect if effect is not Effect.ALLOW}


class Defaults(Struct, frozen=True, kw_only=True):
    """What holds where no rule says otherwise: the settings."""

    own: str  # peer of this site itself
    closed: bool = True
    members: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    def role(self, host: str) -> str:
        """In the words of envelopes: member, allowed, or nothing."""
        if host in self.members:
            return "member"
        return "allowed" if host in self.allowed else ""

    def passes(self, role: str) -> bool:
        """Whether somebody may cross about whom no rule says anything."""
        return not self.closed or role in {"member", "allowed"}


class Policy:
    """A version of the rules, ready to be asked; never changes."""

    __slots__ = ("_index", "_rules", "defaults", "version")

    def __init__(self, rules: Iterable[Rule], defaults: Defaults, *, version: int = 0) -> None:
        self.version = version
        self.defaults = defaults
        self._rules = {rule.id: rule for rule in rules}
        self._index = Index(
            [Compiled(rule) for rule in self._rules.values() if rule.state is not State.DRAFT]
        )

    @property
    def rules(self) -> Collection[Rule]:
        """All rules, drafts too."""
        return self._rules.values()

    def rule(self, rule_id: int) -> Rule | None:
        """The rule that a decision names."""
        return self._rules.get(rule_id)

    def matching(self, envelope: Envelope, now: int) -> list[tuple[Rule, int]]:
        """All rules that are not drafts and match, with their strength; the strongest first."""
        found = [(one.rule, how) for one, how in self._matching(envelope, now)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0].id))

    def _matching(self, envelope: Envelope, now: int) -> list[tuple[Compiled, int]]:
        facts = Facts(envelope, envelope.role or self.defaults.role(envelope.host))
        found = []
        for one in self._index.candidates(facts):
            if one.starts_at <= now < one.ends_at:
                how = strength(one, facts)
                if how >= 0:
                    found.append((one, how + rank_of(one.rule)))
        return found


def decide(policy: Policy, envelope: Envelope, now: int) -> Decision:
    """Whether and how this may cross; ``now`` in milliseconds. See the top of this module.

    Envelopes of documents that are fetched to learn about an actor carry that actor, so that an
    allow for somebody lets their key through, too.
    """
    defaults = policy.defaults
    if envelope.host == defaults.own:
        return Decision(default=True)
    matching = policy._matching(envelope, now)
    passes = defaults.passes(envelope.role or defaults.role(envelope.host))
    if not matching:
        return _PASSED if passes else _CLOSED
    active = [pair for pair in matching if not pair[0].is_shadow]
    allow = max((how for one, how in active if one.effect is Effect.ALLOW), default=-1)
    deny = max((how for one, how in active if one.effect is Effect.DENY), default=-1)
    denied = deny >= allow if deny >= 0 else allow < 0 and not passes
    shadow: tuple[int, ...] = ()
    if len(active) < len(matching):
        asleep = [pair for pair in matching if pair[0].is_shadow]
        shadow = _shadowed(asleep, allow=allow, deny=deny, denied=denied)
    if denied and deny < 0:
        return Decision(effects=Effects.DENY, default=True, shadow=shadow, reason=CLOSED_REASON)
    if denied:
        deciding = [one.rule for one, how in active if one.effect is Effect.DENY and how == deny]
        return Decision(
            effects=Effects.DENY,
            rules=tuple(sorted(rule.id for rule in deciding)),
            shadow=shadow,
            reason=min(deciding, key=lambda rule: rule.id).reason,
        )
    return _passed([pair for pair in active if pair[0].effect is not Effect.DENY], allow, shadow)


_PASSED: Final = Decision(default=True)
_CLOSED: Final = Decision(effects=Effects.DENY, default=True, reason=CLOSED_REASON)


def _passed(active: list[tuple[Compiled, int]], allow: int, shadow: tuple[int, ...]) -> Decision:
    """What crosses, and what is done to it."""
    deciding: list[Rule] = []
    effects, delay = Effects.NONE, 0
    strictest: Rule | None = None
    for one, how in active:
        rule, effect = one.rule, one.effect
        if effect is Effect.ALLOW:
            if how == allow:
                deciding.append(rule)
            continue
        if effect is Effect.QUARANTINE and how < allow:
            continue
        deciding.append(rule)
        effects |= _BITS[effect]
        if effect is Effect.DELAY:
            delay = max(delay, rule.delay)
        elif effect is Effect.CAP and (strictest is None or _rate(rule) < _rate(strictest)):
            strictest = rule
    first = min(
        (rule for rule in deciding if rule.effect is not Effect.ALLOW),
        key=lambda rule: rule.id,
        default=None,
    )
    return Decision(
        effects=effects,
        rules=tuple(sorted(rule.id for rule in deciding)),
        shadow=shadow,
        default=allow < 0,
        delay=delay,
        cap=0 if strictest is None else strictest.cap,
        period=0 if strictest is None else strictest.period,
        reason="" if first is None else first.reason,
    )


def _rate(rule: Rule) -> tuple[float, int, int]:
    return rule.cap / max(rule.period, 1), rule.cap, rule.id


def _shadowed(
    asleep: list[tuple[Compiled, int]], *, allow: int, deny: int, denied: bool
) -> tuple[int, ...]:
    """Rules that would have applied, each for itself, had they been active.

    ``allow`` and ``deny`` are the strongest active ones.
    """
    found = []
    for one, how in asleep:
        if one.effect is Effect.ALLOW:
            applies = how > deny and how >= allow
        elif one.effect is Effect.DENY:
            applies = how >= allow and how >= deny
        else:
            applies = not denied and (one.effect is not Effect.QUARANTINE or how >= allow)
        if applies:
            found.append(one.rule.id)
    return tuple(sorted(found))


def rank_of(rule: Rule) -> int:
    """What makes denies of the settings and of the network stronger than all local rules."""
    if rule.effect is not Effect.DENY:
        return 0
    if rule.source == SETTINGS:
        return OF_SETTINGS
    return OF_NETWORK if rule.source == NETWORK else 0
