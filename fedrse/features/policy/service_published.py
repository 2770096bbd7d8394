"""What of the rules is told in public: those about whole sites, with their reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256

from fedrse.features.instance.model import PublishedRule
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_index import EXACTLY
from fedrse.features.policy.model_lists import hidden_host
from fedrse.features.policy.service import Border


class PublishedRules:
    """Implements ``instance.service_published.Published``, from memory."""

    def __init__(self, border: Border) -> None:
        self._border = border
        self._version = -1
        self._until = 0
        self._found: tuple[PublishedRule, ...] = ()

    def published(self, now: int) -> tuple[PublishedRule, ...]:
        """Sites that are denied or limited in general, by host; ``now`` in milliseconds."""
        policy = self._border.policy
        if policy.version != self._version or now >= self._until:
            rules = list(filter(_is_told, policy.rules))
            turns = (at for rule in rules for at in (rule.starts_at, rule.ends_at) if at)
            self._until = min((at for at in turns if at > now), default=1 << 62)
            self._found = published_of(rules, now)
            self._version = policy.version
        return self._found


def _is_told(rule: Rule) -> bool:
    """Active, against somebody, and about nothing but whole sites."""
    return (
        rule.state is State.ACTIVE
        and rule.effect is not Effect.ALLOW
        and rule.match == Match(hosts=rule.match.hosts)
    )


def published_of(rules: Iterable[Rule], now: int) -> tuple[PublishedRule, ...]:
    """What is told of some rules at a moment, by host."""
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in filter(_is_told, rules):
        if (rule.starts_at or 0) <= now < (rule.ends_at or 1 << 62):
            for host in rule.match.hosts:
                found[host.removeprefix(EXACTLY)].append(rule)
    return tuple(_told(host, found[host]) for host in sorted(found))


def _told(host: str, rules: list[Rule]) -> PublishedRule:
    denied = any(rule.effect is Effect.DENY for rule in rules)
    effects = {rule.effect.value for rule in rules}
    return PublishedRule(
        host=hidden_host(host) if any(rule.obfuscate for rule in rules) else host,
        digest=sha256(host.encode()).hexdigest(),
        effects=(Effect.DENY.value,) if denied else tuple(sorted(effects)),
        reason=next((rule.reason for rule in rules if rule.reason), ""),
    )
