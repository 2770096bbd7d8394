"""Lists of other places: fetched, applied, held back, withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.peers import Sighting
from fedrse.app.policy import PolicyJournal
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.errors import Conflict, Invalid, NotFound, Unavailable
from fedrse.core.settings import (
    FederationMode,
    FederationSettings,
    NetworkSettings,
    Settings,
    SiteSettings,
)
from fedrse.core.urls import BadUrl, UrlRules
from fedrse.features.audit.service import Audit
from fedrse.features.policy.model import Effect, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_subscriptions import WINDOW, Subscription
from fedrse.features.policy.service import Border, read_rules
from fedrse.features.policy.service_rules import Made, Rules
from fedrse.features.policy.service_subscriptions import Subscriptions, Wish
from fedrse.features.sites.service import Sites
from fedrse.store.database import Database, Transaction

AMINA = Author("person", "7", "amina")
FIRST, SECOND = "https://lists.example/a.csv", "https://other.example/b.txt"
LYON = "https://lyon.corp.example"


class Desk:
    """Subscriptions of a site that knows a hundred peers."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, ManualClock()
        self.documents: dict[str, bytes | Exception] = {}
        self.asked: list[str] = []
        settings = Settings(
            site=SiteSettings(base_url=LYON),
            federation=FederationSettings(mode=FederationMode.OPEN),
            network=NetworkSettings(members=["https://oslo.corp.example"]),
        )
        self.border = Border(settings=settings, clock=self.clock)
        self.border.listen(database)
        url_rules = UrlRules.of_site(LYON, {})
        self.sites = Sites(policy=self.border, rules=url_rules, clock=self.clock)
        journal = PolicyJournal(Audit(clock=self.clock))
        self.rules = Rules(clock=self.clock, journal=journal)
        self.lists = Subscriptions(
            database=database,
            clock=self.clock,
            url_rules=url_rules,
            rules=self.rules,
            border=self.border,
            sites=self.sites,
            fetch=self.fetch,
            journal=journal,
        )

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        found = self.documents[url]
        if isinstance(found, Exception):
            raise found
        return found

    async def knows_peers(self, number: int = 100) -> None:
        seen = [Sighting(f"p{n}.example", 0) for n in range(number - 1)]
        seen.append(Sighting("oslo.corp.example", 0))
        await self.database.write(self.sites.saw_inbound, seen)

    async def follow(self, url: str, text: str, **wish: Any) -> Subscription:
        self.documents[url] = text.encode()
        wanted = Wish(url, **{"state": State.ACTIVE, **wish})
        one = await self.database.write(self.lists.subscribe, wanted, AMINA)
        return await self.lists.refresh(one.id)

    async def denied(self) -> list[str]:
        await self.border.load(self.database)
        _, rules = await self.database.read(read_rules)
        return sorted(host for rule in rules for host in rule.match.hosts)


@pytest.fixture
async def desk(database: Database) -> Desk:
    made = Desk(database)
    await made.knows_peers()
    return made


async def test_a_list_is_applied_and_what_its_source_withdraws_is_taken_back(desk: Desk) -> None:
    one = await desk.follow(FIRST, "a.example\nb.example\nc.b.example\n", exceptions=("b.example",))
    assert (one.error, one.waiting) == ("", "")
    assert await desk.denied() == ["a.example"]
    (rule,) = desk.border.policy.rules
    assert (rule.source, rule.author) == ("list:1", "lists.example")
    desk.documents[FIRST] = b"d.example\n"
    await desk.lists.refresh_due()
    assert await desk.denied() == ["a.example"], "not due yet"
    desk.clock.advance(DAY)
    await desk.lists.refresh_due()
    assert await desk.denied() == ["d.example"]
    await desk.database.write(desk.lists.unsubscribe, 1, AMINA)
    assert await desk.denied() == []
    desk.clock.advance(DAY)
    await desk.lists.refresh_due()
    assert len(desk.asked) == 2
    with pytest.raises(NotFound):
        await desk.lists.refresh(1)


async def test_a_list_that_is_wrong_or_away_changes_nothing(desk: Desk) -> None:
    await desk.follow(FIRST, "a.example\n")
    for broken, part in (
        (b"a.example\nnot a host\n", "line 2"),
        (Unavailable("x", "The answer was 500."), "was 500"),
        (b"lyon.corp.example\n", "this site itself"),
    ):
        desk.documents[FIRST] = broken
        assert part in (await desk.lists.refresh(1)).error
        assert await desk.denied() == ["a.example"]
    desk.documents[FIRST] = b"a.example\n"
    assert (await desk.lists.refresh(1)).error == ""


async def test_what_would_deny_many_known_sites_waits_for_a_yes(desk: Desk) -> None:
    many = "".join(f"p{number}.example\n" for number in range(6))
    one = await desk.follow(FIRST, many)
    assert "6 of 100 known sites, more than 5 %" in one.waiting
    assert await desk.denied() == []
    assert (await desk.lists.refresh(1)).waiting, "it still waits"
    assert (await desk.lists.refresh(1, agreed=True)).waiting == ""
    assert len(await desk.denied()) == 6
    assert (await desk.lists.refresh(1)).waiting == "", "nothing new"
    desk.documents[FIRST] = many.encode() + b"p9.example\n"
    assert (await desk.lists.refresh(1)).waiting == "", "one more is not many"
    assert len(await desk.denied()) == 7


async def test_many_small_steps_are_as_many_as_one_large_one(desk: Desk) -> None:
    few = "".join(f"p{number}.example\n" for number in range(4))
    assert (await desk.follow(FIRST, few)).waiting == ""
    desk.documents[FIRST] = few.encode() + b"p5.example\np6.example\n"
    assert "6 of 100 known sites" in (await desk.lists.refresh(1)).waiting
    assert len(await desk.denied()) == 4


async def test_small_steps_after_a_yes_are_added_up(desk: Desk) -> None:
    many = [f"p{number}.example" for number in range(6)]

    async def says(*more: str) -> Subscription:
        desk.documents[FIRST] = "".join(f"{host}\n" for host in (*many, *more)).encode()
        desk.clock.advance(DAY)
        return await desk.lists.refresh(1)

    await desk.follow(FIRST, "".join(f"{host}\n" for host in many))
    assert (await desk.lists.refresh(1, agreed=True)).waiting == ""
    more = [f"p{number}.example" for number in range(20, 30)]
    for count in range(1, 6):
        assert (await says(*more[:count])).waiting == "", count
    assert "6 of 100 known sites" in (await says(*more[:6])).waiting
    assert len(await desk.denied()) == 11
    assert (await desk.lists.refresh(1, agreed=True)).waiting == ""
    assert (await says(*more[:10])).waiting == "", "what was agreed to does not count again"
    # A month later counting begins again with what is in force by then.
    desk.clock.advance(WINDOW)
    last = [f"p{number}.example" for number in range(40, 46)]
    assert (await says(*more, last[0])).waiting == ""
    assert (await says(*more, *last[:4])).waiting == ""
    assert "6 of 100 known sites" in (await says(*more, *last)).waiting


async def test_a_list_that_is_empty_once_undoes_nothing(desk: Desk) -> None:
    for url, count in ((FIRST, 3), (SECOND, 300)):
        await desk.follow(url, "".join(f"x{number}.example\n" for number in range(count)))
    before = await desk.denied()
    for url, count in ((FIRST, 3), (SECOND, 300)):
        number = 1 if url == FIRST else 2
        for nothing in (b"", b"\n\n", b"#domain,#severity\n", b"[]", b"# moved\n"):
            desk.documents[url] = nothing
            one = await desk.lists.refresh(number)
            assert one.waiting == f"it is empty; it had {count} entries"
            assert await desk.denied() == before
    desk.documents[FIRST] = b"x1.example\nx2.example\nx3.example\n"
    assert (await desk.lists.refresh(1)).waiting == "", "it came back by itself"
    assert (await desk.lists.refresh(2, agreed=True)).waiting == ""
    assert await desk.denied() == ["x1.example", "x2.example", "x3.example"]


async def test_a_list_that_shrinks_in_small_steps_waits_as_well(desk: Desk) -> None:
    hosts = [f"x{number}.example\n" for number in range(100)]
    await desk.follow(FIRST, "".join(hosts))
    for left in (80, 60):
        desk.documents[FIRST] = "".join(hosts[:left]).encode()
        assert (await desk.lists.refresh(1)).waiting == ""
    desk.documents[FIRST] = "".join(hosts[:45]).encode()
    assert (await desk.lists.refresh(1)).waiting == "it has 45 entries instead of 100"
    assert len(await desk.denied()) == 60


async def test_a_list_that_loses_its_severities_waits(desk: Desk) -> None:
    hosts = [f"x{number}.example" for number in range(20)]
    rows = "".join(f"{host},silence\n" for host in hosts)
    await desk.follow(FIRST, f"#domain,#severity\n{rows}")
    desk.documents[FIRST] = "\n".join(hosts).encode()
    one = await desk.lists.refresh(1)
    assert one.waiting == "it says something else about 20 of 20 hosts"
    assert desk.border.standing("x1.example").value == "open"


async def test_a_yes_is_to_what_was_read(desk: Desk) -> None:
    many = "".join(f"p{number}.example\n" for number in range(6))
    assert (await desk.follow(FIRST, many)).waiting
    desk.documents[FIRST] = many.encode() + b"corp.example\n"
    worse = await desk.lists.refresh(1, agreed=True)
    assert worse.waiting == "it would deny oslo.corp.example, a member of the network"
    assert await desk.denied() == []
    assert (await desk.lists.refresh(1, agreed=True)).waiting == ""
    assert len(await desk.denied()) == 7


async def test_a_member_is_never_denied_without_a_yes(desk: Desk) -> None:
    one = await desk.follow(FIRST, "corp.example\n", most=100)
    assert one.waiting == "it would deny oslo.corp.example, a member of the network"
    assert await desk.denied() == []


async def test_a_list_that_loses_most_of_its_entries_waits(desk: Desk) -> None:
    await desk.follow(FIRST, "".join(f"x{number}.example\n" for number in range(20)))
    desk.documents[FIRST] = b"x1.example\n"
    assert (await desk.lists.refresh(1)).waiting == "it has 1 entries instead of 20"
    assert len(await desk.denied()) == 20


async def test_drafts_deny_nothing(desk: Desk) -> None:
    many = "".join(f"p{number}.example\n" for number in range(50))
    one = await desk.follow(FIRST, many, state=State.DRAFT)
    assert one.waiting == ""
    assert len(await desk.denied()) == 50
    assert desk.border.standing("p1.example").value == "open"


async def test_a_host_may_have_to_be_named_by_several_lists(desk: Desk) -> None:
    await desk.follow(FIRST, "a.example\nb.example\n", threshold=2)
    assert await desk.denied() == []
    await desk.follow(SECOND, "b.example\nc.example\n")
    assert await desk.denied() == ["b.example", "b.example", "c.example"]
    await desk.database.write(desk.lists.unsubscribe, 2, AMINA)
    assert await desk.denied() == []


async def test_what_cannot_be_subscribed(desk: Desk) -> None:
    await desk.follow(FIRST, "")
    for wish, error in (
        (Wish(FIRST), Conflict),
        (Wish("http://lists.example/a.csv"), BadUrl),
        (Wish(SECOND, exceptions=("a b",)), Invalid),
        (Wish(SECOND, most=101), Invalid),
        (Wish(SECOND, threshold=0), Invalid),
    ):
        with pytest.raises(error):
            await desk.database.write(desk.lists.subscribe, wish, AMINA)

    async def count(tx: Transaction) -> int:
        return len(await desk.lists.all(tx))

    assert await desk.database.read(count) == 1


async def test_single_drafts_of_a_list_are_adopted_and_stay_rules_of_the_list(desk: Desk) -> None:
    await desk.follow(FIRST, "a.example\nb.example\nc.example\n", state=State.DRAFT)

    async def states() -> dict[str, str]:
        _, rules = await desk.database.read(read_rules)
        return {rule.match.hosts[0]: rule.state.value for rule in rules if rule.source == "list:1"}

    _, drafts = await desk.database.read(read_rules)
    wanted = [rule.id for rule in drafts if rule.match.hosts != ("b.example",)]
    made = await desk.database.write(desk.rules.adopt, wanted, AMINA, "Looked at")
    assert len(made.changes) == 2, "one version for all of them"
    adopted = {"a.example": "active", "b.example": "draft", "c.example": "active"}
    assert await states() == adopted
    again = await desk.database.write(desk.rules.adopt, wanted, AMINA)
    assert again == Made(made.version, (), made.rules), "what is in force stays"
    # The list is fetched again: what somebody adopted stays, what it withdraws goes.
    desk.documents[FIRST] = b"a.example\nb.example\nd.example\n"
    await desk.lists.refresh(1)
    assert await states() == {"a.example": "active", "b.example": "draft", "d.example": "draft"}
    await desk.database.write(desk.lists.unsubscribe, 1, AMINA)
    assert await states() == {}


async def test_an_adoption_that_is_taken_back_is_not_made_again_by_the_list(desk: Desk) -> None:
    await desk.follow(FIRST, "a.example\n", state=State.DRAFT)
    made = await desk.database.write(desk.rules.adopt, [1], AMINA)
    await desk.database.write(desk.rules.undo, made.version, AMINA)
    await desk.lists.refresh(1)
    _, (rule,) = await desk.database.read(read_rules)
    assert rule.state is State.DRAFT


async def test_what_a_list_says_otherwise_later_is_a_draft_again(desk: Desk) -> None:
    await desk.follow(FIRST, "#domain,#severity\na.example,silence\n", state=State.DRAFT)
    await desk.database.write(desk.rules.adopt, [1], AMINA)
    desk.documents[FIRST] = b"#domain,#severity\na.example,suspend\n"
    await desk.lists.refresh(1)
    _, (rule,) = await desk.database.read(read_rules)
    assert (rule.effect, rule.state) == (Effect.DENY, State.DRAFT), "nobody agreed to that"
