"""Follows with denied sites rest for a month; what a deny would cost is known beforehand."""

from __future__ import annotations

from fedrse.activitypub.peers import Sighting
from fedrse.app.policy import make_costs, make_rules
from fedrse.app.services import blocked_peers
from fedrse.core.clock import DAY
from fedrse.features.policy.model import Effect, Match, Rule
from fedrse.features.policy.model_changes import Author
from fedrse.features.relationships.service_blocked_peers import SUSPENSION
from tests.features.whole import Caller, WholeSite

AMINA = Author("person", "1", "ami")
NANTES = "nantes.corp.example"
DENY = Rule(id=0, match=Match(hosts=(NANTES,)), effect=Effect.DENY)


async def connected(whole: WholeSite) -> Caller:
    """Somebody who follows and is followed by somebody of Nantes, and talks with another."""
    ami = await whole.person("ami")
    nils, olga = [await whole.remote(name, NANTES) for name in ("nils", "olga")]
    await whole.receive(nils, {"type": "Follow", "id": f"{nils.uri}#f", "object": ami.account.uri})
    await ami.follow(nils)
    (sent,) = await whole.sent("Follow")
    await whole.receive(nils, {"type": "Accept", "id": f"{nils.uri}#a", "object": sent})
    await ami.post("/api/v1/statuses", status=f"@olga@{NANTES} hello", visibility="direct")
    assert olga.host == NANTES
    site = whole.site
    await site.ground.database.write(site.protocol.sites.saw_inbound, [Sighting(NANTES, 0)])
    return ami


async def decide(whole: WholeSite, *rules: Rule) -> None:
    ground, border = whole.site.ground, whole.site.protocol.border
    await ground.database.write(make_rules(ground).apply, rules, AMINA)
    await border.load(ground.database)


async def follows(ami: Caller) -> list[int]:
    paths = ("following", "followers")
    return [len(await ami.get(f"/api/v1/accounts/{ami.id}/{path}")) for path in paths]


async def test_what_a_rule_would_cost(whole: WholeSite) -> None:
    await connected(whole)
    site = whole.site
    costs = make_costs(site.ground, site.protocol, site.services)
    cost = await site.ground.database.read(costs.of, [DENY])
    assert cost.peers == (NANTES,)
    assert (cost.people, cost.following, cost.followers, cost.conversations) == (1, 1, 1, 1)
    above = Rule(id=1, match=Match(hosts=("example",)), effect=Effect.DENY)
    excepted = Rule(id=2, match=Match(hosts=(NANTES,)), effect=Effect.ALLOW)
    assert (await site.ground.database.read(costs.of, [above])).people == 1
    assert (await site.ground.database.read(costs.of, [above, excepted])).peers == ()
    await decide(whole, DENY)  # what is denied already costs nothing more
    assert (await site.ground.database.read(costs.of, [DENY])).peers == ()


async def test_a_rule_that_is_taken_back_cost_nothing(whole: WholeSite) -> None:
    ami = await connected(whole)
    peers = blocked_peers(whole.site.ground, whole.site.protocol, whole.site.services)
    await decide(whole, DENY)
    await peers.review()
    (resting,) = await whole.site.ground.database.read(peers.suspended)
    assert (resting.host, resting.ends_at - resting.since) == (NANTES, SUSPENSION)
    whole.clock.advance(SUSPENSION - DAY)
    await peers.review()
    assert await follows(ami) == [1, 1]
    await decide(whole)
    await peers.review()
    assert await whole.site.ground.database.read(peers.suspended) == []
    # The next time everybody has a whole month again.
    whole.clock.advance(2 * DAY)
    await decide(whole, DENY)
    await peers.review()
    whole.clock.advance(2 * DAY)
    await peers.review()
    assert await follows(ami) == [1, 1]
    assert await whole.sent("Undo") == []
    assert await whole.sent("Reject") == []


async def test_after_a_month_follows_end_and_people_are_told(whole: WholeSite) -> None:
    ami = await connected(whole)
    await ami.post("/api/v1/notifications/clear")
    peers = blocked_peers(whole.site.ground, whole.site.protocol, whole.site.services)
    await decide(whole, DENY)
    await peers.review()
    assert await ami.get("/api/v1/notifications") == []
    whole.clock.advance(SUSPENSION)
    for _ in range(2):
        await peers.review()
        assert await follows(ami) == [0, 0]
    (told,) = await ami.get("/api/v1/notifications")
    assert (told["event"]["target_name"], told["event"]["followers_count"]) == (NANTES, 1)
    (resting,) = await whole.site.ground.database.read(peers.suspended)
    assert resting.has_ended
    # Taking the rule back a day later brings nothing back, and tells the other site nothing.
    whole.clock.advance(DAY)
    await decide(whole)
    await peers.review()
    assert await follows(ami) == [0, 0]
    assert await whole.site.ground.database.read(peers.suspended) == []
