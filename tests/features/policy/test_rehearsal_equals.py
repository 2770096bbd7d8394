"""What a rehearsal says of a policy is what the same policy does: any rules, any traffic."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.clock import SECOND, ManualClock
from fedrse.features.policy.model import Effect, Rule, State
from fedrse.features.policy.model_decide import Defaults, Policy
from fedrse.features.policy.model_hosts import HostRules
from fedrse.features.policy.model_ledger import Entry, Hasher, pack, unpack
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.model_rehearsal import Rehearsal, ready
from fedrse.features.policy.service_control import BorderControl
from fedrse.features.policy.service_ledger import Noted, entry_of
from fedrse.features.sites.model import Standing
from tests.features.policy.test_decide import CLOSED, ENVELOPES, MATCHES, OPEN, OWN

HASHER = Hasher(b"a secret")
ADDRESSES = {"b.example": "10.1.2.3", "d.test": "2001:db8::1", "c.b.example": ""}
SOFTWARE = {"b.example": "mastodon", "d.test": "fedrse"}


class Site:
    """A border with a policy, and the ledger that it writes."""

    def __init__(self, rules: list[Rule], defaults: Defaults) -> None:
        self.clock = ManualClock()
        self.policy = Policy(rules, defaults)
        self.noted: list[Noted] = []
        border: Any = self
        self.control = BorderControl(
            border=border,
            ledger=border,
            clock=self.clock,
            software=lambda host: SOFTWARE.get(host, ""),
            address=lambda host: ADDRESSES.get(host, ""),
        )

    def role(self, host: str) -> str:
        return self.policy.defaults.role(host)

    def note(self, noted: Noted) -> None:
        self.noted.append(noted)

    def crosses(self, envelope: Envelope, hosts: list[str]) -> None:
        """Something comes in, or goes out to several; denied hosts get not even to the policy."""
        self.clock.advance(SECOND)
        uris = ("https://b.example/a/1", "https://b.example/n/1")
        if envelope.direction is Direction.OUT:
            refused = [host for host in hosts if self.is_shut(host, Direction.OUT)]
            others = [host for host in hosts if host not in refused]
            _, note = self.control.outgoing(envelope, others, uris, refused)
            note()
            return
        role, software = self.control.peer(envelope.host)
        fields = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
        asked = Envelope(**fields | {"role": role, "software": software})
        if self.is_shut(envelope.host, Direction.IN):
            self.note(Noted(self.clock.now(), asked, (asked.host,), uris, None, Outcome.DENIED))
            return
        self.control.incoming(asked, uris)

    def is_shut(self, host: str, way: Direction) -> bool:
        """Whether nothing of a peer crosses this way, whatever it is."""
        standing = HostRules(self.policy).standing(host, self.clock.now(), way)
        return standing in {Standing.BLOCKED, Standing.OUTSIDE}

    def entries(self) -> list[Entry]:
        return unpack(pack([entry_of(noted, HASHER) for noted in self.noted]))


RULES = st.lists(
    st.builds(
        Rule,
        id=st.just(0),
        match=MATCHES,
        effect=st.sampled_from(list(Effect)),
        state=st.sampled_from([State.ACTIVE, State.ACTIVE, State.SHADOW, State.DRAFT]),
        delay=st.just(60 * SECOND),
        cap=st.integers(1, 3),
        period=st.sampled_from([10 * SECOND, 3600 * SECOND]),
    ),
    max_size=10,
)
TRAFFIC = st.lists(
    st.tuples(
        ENVELOPES.filter(lambda one: one.host != OWN),
        st.lists(
            st.sampled_from(["b.example", "c.b.example"]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
    ),
    max_size=15,
)


def outcomes_of(entries: list[Entry]) -> list[tuple[str, str, Outcome]]:
    """By message and peer, whatever peers stand in a line together."""
    return [
        (f"{entry.at} {entry.type}", host, entry.outcome)
        for entry in entries
        for host in entry.hosts
    ]


@given(RULES, st.sampled_from([CLOSED, OPEN]), TRAFFIC)
@settings(max_examples=200, deadline=None)
def test_a_rehearsal_says_what_the_policy_does(
    rules: list[Rule], defaults: Defaults, traffic: list[tuple[Envelope, list[str]]]
) -> None:
    wanted = ready(rules, 0)
    without, ruled = Site([], defaults), Site(wanted, defaults)
    for envelope, hosts in traffic:
        if envelope.direction is Direction.IN and without.is_shut(envelope.host, Direction.IN):
            continue  # of what is refused at the door nothing is recorded but the host
        without.crosses(envelope, hosts)
        ruled.crosses(envelope, hosts)
    hashed = Policy([HASHER.rule(rule) for rule in wanted], defaults)
    rehearsal = Rehearsal(hashed, without.clock.now())
    said = [
        (f"{entry.at} {entry.type}", envelope.host, rehearsal.outcome(entry, envelope)[0])
        for entry in without.entries()
        for envelope in entry.envelopes()
    ]
    assert sorted(said) == sorted(outcomes_of(ruled.entries()))
