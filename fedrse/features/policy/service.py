"""The policy in force: what the settings and the rules say, in memory, asked for every message.

Loaded at the start and after each change, whichever process of the site made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import structlog

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.clock import Clock
from fedrse.core.settings import FederationMode, Settings
from fedrse.core.urls import normalise_peer, origin_of
from fedrse.features.policy import queries
from fedrse.features.policy.model import SETTINGS, Decision, Effect, Match, Rule, State
from fedrse.features.policy.model_decide import Defaults, Policy, decide
from fedrse.features.policy.model_hosts import HostRules
from fedrse.features.sites.model import Standing
from fedrse.store.database import Database, Transaction

CHANNEL: Final = "policy"  # payload: the number of the version
MANY: Final = 2_000  # rules that are put in order beside the event loop
log = structlog.get_logger(__name__)


class Border:
    """Implements ``activitypub.envelopes.Border`` and ``sites.service.HostPolicy``."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._defaults = defaults_of(settings)
        self._of_settings = rules_of_settings(settings)
        self._hosts = HostRules(Policy(self._of_settings, self._defaults))
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def policy(self) -> Policy:
        """The version in force."""
        return self._hosts.policy

    def decide(self, envelope: Envelope) -> Decision:
        """What happens to something at the border, now."""
        return decide(self._hosts.policy, envelope, self._clock.now())

    def standing(self, host: str, direction: Direction | None = None) -> Standing:
        """What is certain about a peer, one way or at least one of the two."""
        return self._hosts.standing(host, self._clock.now(), direction)

    def refusing(self, envelope: Envelope) -> list[Rule]:
        """The rules by which nothing is sent to or fetched from an address; see ``HostRules``."""
        return self._hosts.refusing(envelope, self._clock.now())

    def role(self, host: str) -> str:
        """What the settings call a peer: member, allowed, or nothing."""
        return self._defaults.role(host)

    def with_rules(self, rules: Sequence[Rule], *, version: int = 0) -> Policy:
        """The policy that these rules would make together with the settings."""
        return Policy([*self._of_settings, *rules], self._defaults, version=version)

    def newly_denied(self, hosts: Iterable[str], rules: Sequence[Rule]) -> list[str]:
        """Those of some hosts that would be denied altogether if these were the rules."""
        then, now = HostRules(self.with_rules(rules)), self._clock.now()
        return [
            host
            for host in hosts
            if then.standing(host, now) is Standing.BLOCKED
            and self.standing(host) is not Standing.BLOCKED
        ]

    def denied_besides(
        self, hosts: Iterable[str], rules: Sequence[Rule], others: Sequence[Rule]
    ) -> list[str]:
        """Those of some hosts that ``rules`` deny altogether, and ``others`` alone would not."""
        then, without = HostRules(self.with_rules(rules)), HostRules(self.with_rules(others))
        now, blocked = self._clock.now(), Standing.BLOCKED
        return [
            host
            for host in hosts
            if then.standing(host, now) is blocked and without.standing(host, now) is not blocked
        ]

    # Loading

    def listen(self, database: Database) -> None:
        """Learns of changes, here and in other processes; once, at the start."""
        database.listen(CHANNEL, lambda _version: self._read_again(database))
        database.on_missed(lambda: self._read_again(database))

    async def load(self, database: Database) -> None:
        """Puts the rules in force that the tables have, unless newer ones are."""
        version, rules = await database.read(read_rules)
        if version < self.policy.version:
            return
        if len(rules) > MANY:
            hosts = await asyncio.to_thread(self._compile, rules, version)
        else:
            hosts = self._compile(rules, version)
        if version >= self.policy.version:
            self._hosts = hosts

    def _compile(self, rules: list[Rule], version: int) -> HostRules:
        return HostRules(self.with_rules(rules, version=version))

    def _read_again(self, database: Database) -> None:
        task = asyncio.ensure_future(self.load(database))
        self._tasks.add(task)
        task.add_done_callback(self._read)

    def _read(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("policy_not_read", error=repr(task.exception()))


async def read_rules(tx: Transaction) -> tuple[int, list[Rule]]:
    """The number of the version and its rules, by id."""
    version = await tx.value(queries.LATEST)
    return int(version or 0), [rule_of(row) for row in await tx.all(queries.RULES)]


_matches = msgspec.json.Decoder(Match)


def rule_of(row: Any) -> Rule:
    """A rule from its row."""
    return Rule(
        id=row.id,
        match=_matches.decode(row.match),
        effect=Effect(row.effect),
        state=State(row.state),
        reason=row.reason,
        private_reason=row.private_reason,
        author=row.author,
        source=row.source,
        created_at=row.created_at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        review_at=row.review_at,
        delay=row.delay,
        cap=row.cap,
        period=row.period,
        obfuscate=bool(row.obfuscate),
    )


def defaults_of(settings: Settings) -> Defaults:
    """What holds where no rule says otherwise."""
    return Defaults(
        own=origin_of(settings.origin).peer,
        closed=settings.federation.mode is FederationMode.CLOSED,
        members=frozenset(origin_of(url).peer for url in settings.network.members),
        allowed=frozenset(map(normalise_peer, settings.federation.allowed_hosts)),
    )


def rules_of_settings(settings: Settings) -> list[Rule]:
    """``federation.blocked_hosts`` as rules; their ids are negative."""
    blocked = sorted(set(map(normalise_peer, settings.federation.blocked_hosts)))
    return [
        Rule(id=-number, match=Match(hosts=(host,)), effect=Effect.DENY, source=SETTINGS)
        for number, host in enumerate(blocked, 1)
    ]
