"""Rules are changed as a whole, kept in versions, and in force at once."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Conflict, NotFound
from fedrse.core.settings import FederationMode, FederationSettings, Settings, SiteSettings
from fedrse.features.policy.model import Effect, Match, Rule
from fedrse.features.policy.model_changes import Author, Version, newly_denied
from fedrse.features.policy.model_files import read_rules_file, write_toml
from fedrse.features.policy.service import Border, read_rules
from fedrse.features.policy.service_rules import Made, Rules
from fedrse.store.database import Database, Transaction

AMINA = Author("person", "7", "amina")


class Noted:
    """Keeps what the log of administrative acts would be told."""

    def __init__(self) -> None:
        self.versions: list[Version] = []

    async def record(self, tx: Transaction, author: Author, made: Made, version: Version) -> None:
        assert author is AMINA
        assert made.version == version.id
        self.versions.append(version)


class Desk:
    """The rules of an open site, and what is in force."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.noted = Noted()
        self.rules = Rules(clock=self.clock, journal=self.noted)
        settings = Settings(
            site=SiteSettings(base_url="https://lyon.corp.example"),
            federation=FederationSettings(mode=FederationMode.OPEN, blocked_hosts=["old.example"]),
        )
        self.border = Border(settings=settings, clock=self.clock)
        self.border.listen(database)

    async def apply(self, *hosts: str, expected: int | None = None) -> Made:
        return await self.database.write(
            self.rules.apply, [denied(host) for host in hosts], AMINA, "why", expected=expected
        )

    async def hosts(self) -> list[tuple[str, ...]]:
        return [rule.match.hosts for rule in (await self.database.read(read_rules))[1]]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def denied(host: str, **fields: object) -> Rule:
    return Rule(id=0, match=Match(hosts=(host,)), effect=Effect.DENY, **fields)  # type: ignore[arg-type]


def came(host: str) -> Envelope:
    return Envelope(direction=Direction.IN, host=host)


async def test_a_rule_comes_into_force_and_is_taken_back(desk: Desk) -> None:
    assert not desk.border.decide(came("a.spam.example")).denied
    made = await desk.database.write(desk.rules.add, [denied("spam.example")], AMINA, "adverts")
    assert newly_denied(made.changes) == ("spam.example",)
    await in_force(desk, 1)
    assert desk.border.decide(came("a.spam.example")).rules == (1,)
    rule = desk.border.policy.rule(1)
    assert rule is not None
    assert (rule.author, rule.created_at, rule.source) == ("amina", desk.clock.now(), "local")
    await desk.database.write(desk.rules.undo, 1, AMINA)
    await in_force(desk, 2)
    assert not desk.border.decide(came("a.spam.example")).denied
    assert desk.border.decide(came("old.example")).denied
    assert [version.source for version in desk.noted.versions] == ["local", "undo:1"]


async def in_force(desk: Desk, version: int) -> None:
    for _ in range(200):
        if desk.border.policy.version == version:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the rules were not read again")


async def test_a_set_of_rules_replaces_the_other_as_a_whole(desk: Desk) -> None:
    await desk.apply("a.example", "b.example")
    made = await desk.apply("b.example", "c.example")
    assert [(one.before is None, one.after is None) for one in made.changes] == [
        (False, True),
        (True, False),
    ]
    assert await desk.hosts() == [("b.example",), ("c.example",)]
    assert (await desk.apply("b.example", "c.example")).changes == ()
    versions = await desk.database.read(desk.rules.versions)
    assert [(one.id, one.added, one.changed, one.removed) for one in versions] == [
        (2, 1, 0, 1),
        (1, 2, 0, 0),
    ]
    assert versions[0].reason == "why"


async def test_a_file_that_was_written_changes_nothing(desk: Desk) -> None:
    await desk.apply("a.example", "b.example")
    _, rules = await desk.database.read(read_rules)
    again = read_rules_file(write_toml(rules).encode())
    assert (await desk.database.write(desk.rules.apply, again, AMINA)).changes == ()


async def test_numbers_are_never_given_twice(desk: Desk) -> None:
    await desk.apply("a.example")
    await desk.apply()
    made = await desk.apply("b.example")
    assert made.changes[0].number == 2


async def test_changing_and_undoing_a_rule(desk: Desk) -> None:
    await desk.apply("a.example", "b.example")
    changed = Rule(id=1, match=Match(hosts=("a.example",)), effect=Effect.LIMIT)
    made = await desk.database.write(desk.rules.edit, changed, AMINA)
    assert made.version == 2
    with pytest.raises(Conflict):
        await desk.database.write(desk.rules.undo, 1, AMINA)
    await desk.database.write(desk.rules.undo, 2, AMINA)
    await desk.database.write(desk.rules.undo, 1, AMINA)
    assert await desk.hosts() == []
    version, changes = await desk.database.read(desk.rules.version, 4)
    assert version.source == "undo:1"
    assert [one.before.match.hosts for one in changes if one.before is not None] == [
        ("a.example",),
        ("b.example",),
    ]


async def test_what_cannot_be_done_changes_nothing(desk: Desk) -> None:
    await desk.apply("a.example")
    of_list = [denied("x.example")]
    await desk.database.write(desk.rules.apply, of_list, AMINA, source="list:5")
    before = await desk.database.read(read_rules)
    for work in (
        desk.database.write(desk.rules.add, [denied("n.example"), denied("a.example")], AMINA),
        desk.database.write(desk.rules.remove, [1, 9], AMINA),
        desk.database.write(desk.rules.remove, [1, 2], AMINA),  # the second is of a list
        desk.database.write(desk.rules.edit, denied("a.example", private_reason="x"), AMINA),
        desk.database.write(desk.rules.undo, 9, AMINA),
        desk.apply("z.example", expected=1),
    ):
        with pytest.raises((Conflict, NotFound)):
            await work
    assert await desk.database.read(read_rules) == before
    # Rules of other sources stay when the local ones are replaced.
    await desk.apply()
    assert await desk.hosts() == [("x.example",)]


async def test_several_admins_at_once_lose_nothing_and_count_nothing_twice(desk: Desk) -> None:
    """Each change is made as a whole, or whoever came second is told."""

    async def add(number: int) -> Made | Conflict:
        try:
            return await desk.database.write(
                desk.rules.add, [denied(f"h{number}.example")], AMINA, "at once"
            )
        except Conflict as error:
            return error

    outcomes = await asyncio.gather(*map(add, range(12)))
    made = [one for one in outcomes if isinstance(one, Made)]
    assert made
    assert all(one.code == "policy_version" for one in outcomes if isinstance(one, Conflict))
    versions = sorted(one.version for one in made)
    assert versions == list(range(1, len(made) + 1)), "no number twice, none left out"
    hosts = await desk.hosts()
    assert len(hosts) == len(set(hosts)) == len(made)
    _, rules = await desk.database.read(read_rules)
    assert len({rule.id for rule in rules}) == len(made)
    assert [version.id for version in desk.noted.versions][-len(made) :] == versions
    # Two who looked at the same version: the second is told, and nothing of theirs is applied.
    now = versions[-1]
    assert (await desk.apply("first.example", expected=now)).version == now + 1
    with pytest.raises(Conflict):
        await desk.apply("second.example", expected=now)
    assert await desk.hosts() == [("first.example",)]
