"""Asks the policy about each message and document, and notes the answer in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec.structs import replace

from fedrse.activitypub.border import Passage
from fedrse.activitypub.buckets import Buckets
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import FETCH
from fedrse.core.clock import Clock
from fedrse.features.policy.model import Decision, Effect, Effects, State
from fedrse.features.policy.model_decide import Policy, decide
from fedrse.features.policy.model_passage import Outcome, outcome_of, passage_of
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_ledger import Ledger, Noted

SoftwareOf = Callable[[str], str]
"""The software of a peer by its NodeInfo, lower case; empty: not known."""

AddressOf = Callable[[str], str]
"""The IP address at which a peer was last talked to; empty: not known."""

_COUNTED: Final = Effects.CAP
_NOT_STORED: Final = frozenset({Outcome.DENIED, Outcome.CAPPED})


class BorderControl:
    """Implements ``activitypub.border.Control``; from memory, any thread may ask."""

    def __init__(
        self,
        *,
        border: Border,
        ledger: Ledger,
        clock: Clock,
        software: SoftwareOf,
        address: AddressOf = lambda _host: "",
    ) -> None:
        self._border = border
        self._address = address
        self._ledger = ledger
        self._clock = clock
        self._software = software
        self._buckets = Buckets()
        self._looked_at: Policy | None = None
        self._says_something = False
        self._looks_at_audiences = False

    def peer(self, host: str) -> tuple[str, str]:
        """See ``Control``."""
        return self._border.role(host), self._software(host)

    def address(self, host: str) -> str:
        """See ``Control``."""
        return self._address(host)

    def may_reach(self, peer: str, address: str, *, delivers: bool) -> bool:
        """See ``net.reach.Reach``; also asked about who forwards a message from this address."""
        if not self._asks:
            return True
        role, software = self.peer(peer)
        envelope = Envelope(
            direction=Direction.OUT if delivers else Direction.IN,
            host=peer,
            type="" if delivers else FETCH,
            role=role,
            software=software,
            address=address,
        )
        rules = self._border.refusing(envelope)
        if rules:
            numbers = tuple(sorted(rule.id for rule in rules))
            reason = min(rules, key=lambda rule: rule.id).reason
            decision = Decision(effects=Effects.DENY, rules=numbers, reason=reason)
            now = self._clock.now()
            self._ledger.note(Noted(now, envelope, (peer,), (), decision, Outcome.DENIED))
        return not rules

    def incoming(self, envelope: Envelope, uris: Sequence[str]) -> Passage | None:
        """See ``Control``."""
        now = self._clock.now()
        if not self._asks:
            self._ledger.note(
                Noted(now, envelope, (envelope.host,), uris[1:], None, Outcome.PASSED)
            )
            return None
        decision = decide(self._border.policy, envelope, now)
        passage = passage_of(envelope, decision, self._buckets, now)
        outcome = outcome_of(passage)
        # Whatever is stored is found by its id in its own row.
        kept = uris if outcome in _NOT_STORED else uris[1:]
        self._ledger.note(Noted(now, envelope, (envelope.host,), kept, decision, outcome))
        return passage

    def may_fetch(self, host: str, address: str) -> Passage | None:
        """See ``Control``. The address may be that of an actor whom a rule names."""
        if not self._asks:
            return None
        envelope = self._about(host, address)
        now = self._clock.now()
        decision = decide(self._border.policy, envelope, now)
        if not decision.denied:
            return None
        passage = passage_of(envelope, decision, self._buckets, now)
        self._ledger.note(Noted(now, envelope, (host,), (address,), decision, Outcome.DENIED))
        return passage

    def served(self, envelope: Envelope, address: str) -> Passage | None:
        """See ``Control``."""
        return self.incoming(envelope, ("", address))

    def outgoing(
        self,
        envelope: Envelope,
        hosts: Collection[str],
        uris: Sequence[str],
        refused: Collection[str] = (),
    ) -> tuple[dict[str, Passage], Callable[[], None]]:
        """See ``Control``."""
        now = self._clock.now()
        policy = self._border.policy if self._asks else None
        found: dict[str, Passage] = {}
        addresses = {host: self._address(host) for host in (*hosts, *refused)}
        alike: defaultdict[tuple[str, str, Outcome, Decision | None], list[str]]
        alike = defaultdict(list)
        for host in sorted(hosts):
            role, software = self.peer(host)
            decision, outcome = None, Outcome.PASSED
            if policy is not None:
                address = addresses[host]
                asked = replace(envelope, host=host, role=role, software=software, address=address)
                decision = decide(policy, asked, now)
                passage = passage_of(asked, decision, self._buckets, now)
                outcome = outcome_of(passage)
                if passage is not None:
                    found[host] = passage
            alike[role, software, outcome, decision].append(host)
        for host in sorted(refused):
            alike[*self.peer(host), Outcome.DENIED, None].append(host)

        def note() -> None:
            for (role, software, outcome, decision), those in alike.items():
                noted = replace(envelope, host=those[0], role=role, software=software, address="")
                known = tuple([addresses[host] for host in those])
                there = known if any(known) else ()
                self._ledger.note(Noted(now, noted, tuple(those), uris, decision, outcome, there))

        return found, note

    @property
    def asks_before_sending(self) -> bool:
        """See ``Control``."""
        return self._asks

    def before_sending(self, envelope: Envelope, host: str) -> Passage | None:
        """See ``Control``. Caps count what is stored, not what is sent."""
        role, software = self.peer(host)
        address = self._address(host)
        asked = replace(envelope, host=host, role=role, software=software, address=address)
        now = self._clock.now()
        decision = decide(self._border.policy, asked, now)
        if decision.effects & _COUNTED:
            decision = replace(decision, effects=decision.effects & ~_COUNTED)
        return passage_of(asked, decision, self._buckets, now)

    def is_evasive(self, envelope: Envelope, audience: str) -> bool:
        """See ``Control``. Nothing is counted or noted; what was decided then was."""
        if not self._asks or not self._looks_at_audiences:
            return False
        role, software = self.peer(envelope.host)
        said = replace(envelope, role=role, software=software)
        return self._stops(replace(said, audience=audience)) and not self._stops(said)

    def _stops(self, envelope: Envelope) -> bool:
        now = self._clock.now()
        decision = decide(self._border.policy, envelope, now)
        decision = replace(decision, effects=decision.effects & ~_COUNTED)
        passage = passage_of(envelope, decision, self._buckets, now)
        return passage is not None and (passage.denied or passage.held)

    def refused(self, host: str, code: str) -> None:
        """See ``Control``."""
        self._ledger.refused(host, code)

    def is_limited(self, host: str, actor: str = "") -> bool:
        """Whether what comes from a peer as such is silenced: seen by those who look for it.

        ``actor``: whether that of somebody there is.
        """
        if not self._asks:
            return False
        decision = decide(self._border.policy, self._about(host, actor), self._clock.now())
        return bool(decision.effects & Effects.LIMIT)

    def strips_media(self, host: str, author: str = "") -> bool:
        """Whether pictures of a peer are not shown; with ``author``, those of somebody's posts.

        By what is known of them: a rule about certain posts only says nothing here.
        """
        if not self._asks:
            return False
        asked = replace(self._about(host, author), address=self._address(host))
        if author:
            asked = replace(asked, type="Create", object_type="Note")
        decision = decide(self._border.policy, asked, self._clock.now())
        return bool(decision.effects & Effects.STRIP_MEDIA)

    def _about(self, host: str, actor: str) -> Envelope:
        """Asks about a peer, or about somebody there, without a message."""
        role, software = self.peer(host)
        return Envelope(
            direction=Direction.IN,
            host=host,
            actor=actor,
            type=FETCH,
            role=role,
            software=software,
        )

    @property
    def limits_anybody(self) -> bool:
        """Whether there is a rule that limits."""
        rules = self._border.policy.rules
        return any(rule.effect is Effect.LIMIT and rule.state is State.ACTIVE for rule in rules)

    @property
    def set_apart(self) -> frozenset[str]:
        """Addresses of people about whom rules may say something else than about their site.

        Those whom a rule limits, and those whom one allows at a site that is denied.
        """
        return frozenset(
            actor
            for rule in self._border.policy.rules
            if rule.effect in {Effect.LIMIT, Effect.ALLOW} and rule.state is State.ACTIVE
            for actor in rule.match.actors
        )

    @property
    def _asks(self) -> bool:
        """Whether there are rules besides those of the settings, which name hosts only.

        Those are asked before anything else is known of a message (``Sites.check_inbound``).
        """
        policy = self._border.policy
        if policy is not self._looked_at:
            rules = [rule for rule in policy.rules if rule.id > 0 and rule.state is not State.DRAFT]
            self._says_something = bool(rules)
            self._looks_at_audiences = any(
                rule.match.audiences or rule.effect is Effect.NO_DIRECT for rule in rules
            )
            self._looked_at = policy
        return self._says_something
