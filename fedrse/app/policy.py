"""Wires the policy to what stands above it: the log of administrative acts."""

from __future__ import annotations

from typing import Final

from fedrse.app.ground import Ground
from fedrse.features.audit.model import Actor, Origin, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.policy.model import LIST
from fedrse.features.policy.model_changes import Author, Change, Version
from fedrse.features.policy.model_files import fields_of
from fedrse.features.policy.service_rules import UNDO, Made, Rules
from fedrse.store.database import Transaction

MOST_ENTRIES: Final = 20
"""Rules that are noted one by one; of more the log has the version, which holds them all."""


class PolicyJournal:
    """Implements ``policy.service_rules.Journal``."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def record(self, tx: Transaction, author: Author, made: Made, version: Version) -> None:
        """See ``Journal``."""
        actor = Actor(Origin(author.kind), author.id, author.name)
        if version.source.startswith(UNDO) or len(made.changes) > MOST_ENTRIES:
            act = Act.POLICY_UNDONE if version.source.startswith(UNDO) else Act.LIST_IMPORTED
            if version.source.startswith(LIST):
                act = Act.LIST_APPLIED
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

    async def _record(
        self, tx: Transaction, actor: Actor, change: Change, version: Version
    ) -> None:
        before = None if change.before is None else fields_of(change.before)
        after = None if change.after is None else fields_of(change.after)
        act = Act.RULE_CHANGED
        if before is None or after is None:
            act = Act.RULE_CREATED if before is None else Act.RULE_REMOVED
        target = Target("rule", str(change.number), named(change))
        await self._audit.record(
            tx, act, actor, target, before=before, after=after, reason=version.reason
        )


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
    return Rules(clock=ground.clock, journal=PolicyJournal(ground.audit))
