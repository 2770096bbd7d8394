"""Wires the policy to what stands above it: the log of administrative acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct, json

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services, blocked_peers
from fedrse.core.errors import Unavailable
from fedrse.features.accounts.service_limits_by_rule import REVIEW_LIMITS
from fedrse.features.audit.model import LONGEST_VALUE, Actor, Origin, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.conversations.service_hosts import count_with_hosts
from fedrse.features.policy.model import LIST, Effect, Rule
from fedrse.features.policy.model_changes import Author, Change, Version
from fedrse.features.policy.model_files import fields_of
from fedrse.features.policy.model_subscriptions import Subscription
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_rules import UNDO, Made, Rules
from fedrse.features.policy.service_subscriptions import Subscriptions
from fedrse.features.relationships.service_blocked_peers import BlockedPeers
from fedrse.features.sites.service import Sites
from fedrse.jobs.queue import Queue
from fedrse.net.client import FetchLimits
from fedrse.store.database import Transaction

LIST_TYPES: Final = "text/csv, application/json, text/plain"
LIST_LIMITS: Final = FetchLimits(body=16 * 1024 * 1024, redirects=2, seconds=30.0)
MOST_ENTRIES: Final = 20
"""Rules that are noted one by one; of more the log has the version, which holds them all."""


class PolicyJournal:
    """Implements ``policy.service_rules.Journal``."""

    def __init__(self, audit: Audit, queue: Queue | None = None) -> None:
        """With ``queue``, accounts are reviewed soon where rules about limits change."""
        self._audit = audit
        self._queue = queue

    async def record(self, tx: Transaction, author: Author, made: Made, version: Version) -> None:
        """See ``Journal``."""
        if self._queue is not None and any(map(_may_limit, made.changes)):
            key = f"periodic:{REVIEW_LIMITS}"
            await self._queue.enqueue(tx, REVIEW_LIMITS, {}, key=key)
        actor = Actor(Origin(author.kind), author.id, author.name)
        if version.source.startswith(UNDO) or len(made.changes) > MOST_ENTRIES:
            act = _act_of(version)
            after = {
                "version": version.id,
                "source": version.source,
                "added": version.added,
                "changed": version.changed,
                "removed": version.removed,
            }
            target = Target("policy", str(version.id))
            await self._audit.record(tx, act, actor, target, after=after, reason=version.reason)
            return
        for change in made.changes:
            await self._record(tx, actor, change, version)

    async def followed(
        self, tx: Transaction, author: Author, one: Subscription, *, ends: bool
    ) -> None:
        """See ``policy.service_subscriptions.SubscriptionJournal``."""
        actor = Actor(Origin(author.kind), author.id, author.name)
        facts = {
            "state": one.state,
            "exceptions": sorted(one.exceptions),
            "most": one.most,
            "threshold": one.threshold,
        }
        act = Act.LIST_UNSUBSCRIBED if ends else Act.LIST_SUBSCRIBED
        before, after = (facts, None) if ends else (None, facts)
        target = Target("list", str(one.id), one.url)
        await self._audit.record(tx, act, actor, target, before=before, after=after)

    async def _record(
        self, tx: Transaction, actor: Actor, change: Change, version: Version
    ) -> None:
        before, after = told(change.before), told(change.after)
        act = Act.RULE_CHANGED
        if before is None or after is None:
            act = Act.RULE_CREATED if before is None else Act.RULE_REMOVED
        target = Target("rule", str(change.number), named(change))
        await self._audit.record(
            tx, act, actor, target, before=before, after=after, reason=version.reason
        )


def _may_limit(change: Change) -> bool:
    """Whether somebody may be limited by it, or limited no more."""
    rules = [rule for rule in (change.before, change.after) if rule is not None]
    return any(rule.effect in {Effect.LIMIT, Effect.ALLOW, Effect.DENY} for rule in rules)


def _act_of(version: Version) -> Act:
    """What a version with many changes is called in the log."""
    if version.source.startswith(UNDO):
        return Act.POLICY_UNDONE
    if version.source.startswith(LIST):
        return Act.LIST_APPLIED
    return Act.LIST_IMPORTED if version.added else Act.RULE_CHANGED


def told(rule: Rule | None) -> dict[str, Any] | None:
    """A rule for the log; of lists that it cannot hold the number of values."""
    if rule is None:
        return None
    fields = fields_of(rule)
    if len(json.encode(fields)) <= LONGEST_VALUE // 2:
        return fields
    lists = {name: len(value) for name, value in fields.items() if isinstance(value, list)}
    return {**fields, **{name: f"{number} values" for name, number in lists.items()}}


def named(change: Change) -> str:
    """What a rule is about, for people who read the log: its effect and first hosts."""
    rule = change.after or change.before
    if rule is None:
        return ""
    hosts = rule.match.hosts
    shown = ", ".join(hosts[:3]) + (", ..." if len(hosts) > 3 else "")
    return f"{rule.effect.value} {shown}".strip()


def make_rules(ground: Ground) -> Rules:
    """The rules, for whoever changes them."""
    return Rules(clock=ground.clock, journal=PolicyJournal(ground.audit, ground.queue))


class Cost(Struct, frozen=True):
    """What rules would cost people of this site; follows rest for a month before they end."""

    peers: tuple[str, ...]  # denied then, not now
    people: int
    following: int
    followers: int
    conversations: int


class Costs:
    """Says beforehand what a change of the rules would cost."""

    def __init__(self, border: Border, sites: Sites, peers: BlockedPeers) -> None:
        self._border = border
        self._sites = sites
        self._peers = peers

    async def of(self, tx: Transaction, rules: Sequence[Rule]) -> Cost:
        """What it would cost if these were all rules of this site."""
        known = [site.host for site in await self._sites.all(tx)]
        hosts = self._border.newly_denied(known, rules)
        cost = await self._peers.cost(tx, hosts)
        talking = await count_with_hosts(tx, hosts)
        return Cost(tuple(hosts), cost.people, cost.following, cost.followers, talking)


def make_costs(ground: Ground, protocol: Protocol, services: Services) -> Costs:
    """For the command line and the console."""
    peers = blocked_peers(ground, protocol, services)
    return Costs(protocol.border, protocol.sites, peers)


def make_subscriptions(ground: Ground, protocol: Protocol) -> Subscriptions:
    """Lists that this site follows."""

    async def fetch(url: str) -> bytes:
        response = await protocol.client.get(
            url, accept=LIST_TYPES, limits=LIST_LIMITS, ask_again=True
        )
        if response.status != 200:
            raise Unavailable("policy_list_status", f"The answer was {response.status}.")
        return response.body

    return Subscriptions(
        database=ground.database,
        clock=ground.clock,
        url_rules=ground.rules,
        rules=make_rules(ground),
        border=protocol.border,
        sites=protocol.sites,
        fetch=fetch,
        journal=PolicyJournal(ground.audit),
    )
