"""Domain blocks and allows: views of the rules, changes of the rules, what they do to follows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fedrse.activitypub.peers import Sighting
from fedrse.app.policy import make_rules
from fedrse.core.clock import DAY
from fedrse.features.access.model import Role
from fedrse.features.policy.model import ADMIN_API, Effect, Match, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.service import read_rules
from fedrse.features.policy.service_rules import Made
from fedrse.features.relationships.service_blocked_peers import SUSPENDED
from fedrse.features.sites.model import Standing
from fedrse.store.database import Transaction
from tests.features.moderation.staff import acts, staff
from tests.features.whole import Caller, WholeSite

BLOCKS = "/api/v1/admin/domain_blocks"
ALLOWS = "/api/v1/admin/domain_allows"
NANTES = "nantes.corp.example"


async def rules_of(whole: WholeSite) -> list[Rule]:
    return (await whole.site.ground.database.read(read_rules))[1]


async def write_rules(whole: WholeSite, *rules: Rule) -> None:
    """Rules as somebody makes them in the console."""
    ground, service = whole.site.ground, make_rules(whole.site.ground)

    async def unit(tx: Transaction) -> Made:
        return await service.add(tx, rules, Author("person", "1", "@ami@corp.example"))

    await ground.database.write(unit)
    await whole.site.protocol.border.load(ground.database)


def rule(effect: Effect, *hosts: str, **more: Any) -> Rule:
    return Rule(id=0, match=Match(hosts=hosts), effect=effect, **more)


def standing(whole: WholeSite, host: str) -> Standing:
    return whole.site.protocol.border.standing(host)


async def refused(admin: Caller, method: str, path: str, **body: Any) -> tuple[int, Any]:
    status, _, answer = await admin.call(method, path, json=body)
    assert 400 <= status < 500, (path, body, answer)
    return status, answer


async def test_a_block_is_rules(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    made = await admin.post(
        BLOCKS,
        domain="Spam.Example",
        severity="suspend",
        reject_media=True,
        private_comment="Ticket 7",
        public_comment="Adverts",
        obfuscate=True,
    )
    assert made["domain"] == "spam.example"
    assert (made["severity"], made["reject_media"], made["reject_reports"]) == (
        *("suspend", True, False),
    )
    assert (made["private_comment"], made["public_comment"]) == ("Ticket 7", "Adverts")
    rules = await rules_of(whole)
    assert {(one.effect, one.match) for one in rules} == {
        (Effect.DENY, Match(hosts=("spam.example",))),
        (Effect.STRIP_MEDIA, Match(hosts=("spam.example",))),
    }
    assert {(one.source, one.author, one.state) for one in rules} == {
        (ADMIN_API, "@olga@corp.example", State.ACTIVE)
    }
    assert standing(whole, "sub.spam.example") is Standing.BLOCKED, "in force at once"
    assert await admin.get(f"{BLOCKS}/{made['id']}") == made
    assert await admin.get(BLOCKS) == [made]
    status, answer = await refused(admin, "POST", BLOCKS, domain="spam.example")
    assert (status, answer["existing_domain_block"]) == (422, made)
    # What is published is made of the same rules.
    published = await admin.get("/api/v1/instance/domain_blocks")
    assert [(one["severity"], one["comment"]) for one in published] == [("suspend", "Adverts")]

    changed = await admin.ok(
        "PUT", f"{BLOCKS}/{made['id']}", json={"severity": "silence", "reject_reports": True}
    )
    assert changed["id"] == made["id"]
    assert changed["created_at"] == made["created_at"]
    assert (changed["severity"], changed["reject_media"], changed["reject_reports"]) == (
        *("silence", True, True),
    )
    assert changed["public_comment"] == "Adverts"
    assert sorted(one.effect for one in await rules_of(whole)) == [
        *("limit", "no_reports", "strip_media"),
    ]
    assert standing(whole, "spam.example") is not Standing.BLOCKED
    assert await admin.ok("DELETE", f"{BLOCKS}/{made['id']}") == {}
    assert await rules_of(whole) == []
    assert await admin.get(BLOCKS) == []
    assert [one for one in await acts(whole) if one.startswith("rule.")] == [
        *["rule.create"] * 2,
        *["rule.change", "rule.create"],
        *["rule.remove"] * 3,
    ]


async def test_what_does_nothing_is_kept(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    made = await admin.post(BLOCKS, domain="quiet.example", severity="noop", private_comment="?")
    assert (made["severity"], made["private_comment"]) == ("noop", "?")
    (draft,) = await rules_of(whole)
    assert draft.state is State.DRAFT, "it decides nothing"
    path = f"{BLOCKS}/{made['id']}"
    changed = await admin.ok("PUT", path, json={"severity": "suspend", "private_comment": ""})
    assert (changed["severity"], changed["private_comment"]) == ("suspend", None)
    (one,) = await rules_of(whole)
    assert (one.id, one.state, one.effect) == (draft.id, State.ACTIVE, Effect.DENY)
    assert (await admin.ok("PUT", path, json={"severity": "noop"}))["severity"] == "noop"
    assert await admin.get(BLOCKS) == [changed | {"severity": "noop"}]


async def test_rules_of_the_console_are_seen_and_changed(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    await write_rules(
        whole,
        rule(Effect.DENY, "one.example", "two.example", reason="Both"),
        rule(Effect.NO_REPORTS, "two.example"),
    )
    blocks = {one["domain"]: one for one in await admin.get(BLOCKS)}
    assert set(blocks) == {"one.example", "two.example"}
    assert [blocks["two.example"][name] for name in ("severity", "reject_reports")] == [
        *("suspend", True),
    ]
    await admin.ok("PUT", f"{BLOCKS}/{blocks['two.example']['id']}", json={"severity": "silence"})
    found = {(one.effect, one.match.hosts): one for one in await rules_of(whole)}
    assert set(found) == {
        (Effect.DENY, ("one.example",)),
        (Effect.LIMIT, ("two.example",)),
        (Effect.NO_REPORTS, ("two.example",)),
    }
    assert {one.reason for one in found.values()} == {"Both"}
    again = {one["domain"]: one for one in await admin.get(BLOCKS)}
    assert again["one.example"] == blocks["one.example"]
    assert again["two.example"] == blocks["two.example"] | {"severity": "silence"}


@pytest.mark.parametrize(
    "other",
    [
        rule(Effect.DENY, "=alone.example"),
        rule(Effect.DENY, "a.example", state=State.DRAFT),
        rule(Effect.DENY, "a.example", state=State.SHADOW),
        rule(Effect.DENY, "a.example", ends_at=4_000_000_000_000),
        rule(Effect.DENY, "a.example", starts_at=4_000_000_000_000),
        rule(Effect.QUARANTINE, "a.example"),
        rule(Effect.DELAY, "a.example", delay=1000),
        Rule(id=0, match=Match(hosts=("a.example",), types=("Note",)), effect=Effect.DENY),
        Rule(id=0, match=Match(software=("mastodon",)), effect=Effect.DENY),
    ],
    ids=lambda one: f"{one.effect}-{one.match.hosts}-{one.state}",
)
async def test_what_is_no_domain_block_is_not_shown_as_one(whole: WholeSite, other: Rule) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    await write_rules(whole, other)
    assert await admin.get(BLOCKS) == []
    # A block of the host is made beside it, and goes without it.
    made = await admin.post(BLOCKS, domain="a.example")
    await admin.ok("DELETE", f"{BLOCKS}/{made['id']}")
    (left,) = await rules_of(whole)
    assert (left.match, left.effect, left.state) == (other.match, other.effect, other.state)


async def test_rules_of_lists_are_shown_only(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ground, service = whole.site.ground, make_rules(whole.site.ground)

    async def unit(tx: Transaction) -> Made:
        author = Author("subscription", "1", "a list")
        listed = [rule(Effect.DENY, "listed.example"), rule(Effect.ALLOW, "=good.example")]
        return await service.apply(tx, listed, author, source="list:1")

    await ground.database.write(unit)
    await whole.site.protocol.border.load(ground.database)
    (one,) = await admin.get(BLOCKS)
    (allow,) = await admin.get(ALLOWS)
    for method, path in (
        ("PUT", f"{BLOCKS}/{one['id']}"),
        ("DELETE", f"{BLOCKS}/{one['id']}"),
        ("DELETE", f"{ALLOWS}/{allow['id']}"),
    ):
        status, answer = await refused(admin, method, path, severity="noop")
        assert (status, answer["error_code"]) == (409, "policy_rule_of_list")
    assert len(await rules_of(whole)) == 2


async def test_pages_by_id(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    hosts = {f"site{number}.example" for number in range(7)}
    await write_rules(whole, rule(Effect.DENY, *sorted(hosts)))
    path, seen = f"{BLOCKS}?limit=3", []
    while path:
        status, headers, body = await admin.call("GET", path)
        assert status == 200
        seen += body
        link = re.search(r'<https?://[^/]+([^>]+)>; rel="next"', headers.get("Link", ""))
        path = link[1] if link else ""
    ids = [int(one["id"]) for one in seen]
    assert ids == sorted(ids, reverse=True)
    assert sorted(one["domain"] for one in seen) == sorted(hosts)
    above = await admin.get(f"{BLOCKS}?limit=2&min_id={ids[4]}")
    assert [int(one["id"]) for one in above] == ids[2:4]
    newest = await admin.get(f"{BLOCKS}?limit=2&since_id={ids[4]}")
    assert [int(one["id"]) for one in newest] == ids[:2]
    assert (await admin.call("GET", f"{BLOCKS}?max_id=x"))[0] == 400


async def test_a_host_is_allowed(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    assert standing(whole, "partner.example") is Standing.OUTSIDE
    made = await admin.post(ALLOWS, domain="Partner.example")
    assert made["domain"] == "partner.example"
    assert standing(whole, "partner.example") is Standing.ALLOWED
    assert standing(whole, "sub.partner.example") is Standing.OUTSIDE
    assert await admin.post(ALLOWS, domain="partner.example") == made
    assert await admin.get(ALLOWS) == [made]
    (one,) = await rules_of(whole)
    assert (one.effect, one.source) == (Effect.ALLOW, ADMIN_API)
    assert await admin.ok("DELETE", f"{ALLOWS}/{made['id']}") == made
    assert await rules_of(whole) == []
    assert standing(whole, "partner.example") is Standing.OUTSIDE


async def test_wrong_input(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    own = whole.site.protocol.border.policy.defaults.own
    for path in (BLOCKS, ALLOWS):
        for domain in ("", " ", "a b", "http://x", "*", own, "x" * 300, ["x"], {"x": "y"}):
            status, answer = await refused(admin, "POST", path, domain=domain)
            assert status == 422, domain
            assert answer["error"].startswith("Validation failed"), (domain, answer)
    for wrong in ({"severity": "kill"}, {"reject_media": "x"}, {"public_comment": "x" * 2001}):
        assert (await refused(admin, "POST", BLOCKS, domain="a.example", **wrong))[0] == 422
    assert await rules_of(whole) == []


async def test_roles(whole: WholeSite) -> None:
    for role, allowed in (
        *((Role.ADMIN, True), (Role.MODERATOR, False)),
        *((Role.COMMUNITY_MANAGER, False), (Role.AUDITOR, False)),
    ):
        caller = await staff(whole, f"the_{role.value}", role)
        assert ((await caller.call("GET", BLOCKS))[0] == 200) == allowed
        status = (await caller.call("POST", BLOCKS, json={"domain": f"{role[:3]}.example"}))[0]
        assert status == (200 if allowed else 403)


async def test_follows_rest_and_an_undo_brings_them_back(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, nadia = await whole.person("ami"), await whole.remote("nadia")
    sites = whole.site.protocol.sites
    await whole.site.ground.database.write(sites.saw_inbound, [Sighting(NANTES, 0)])
    await ami.follow(nadia)
    await whole.receive(
        nadia,
        {"type": "Accept", "object": (await whole.sent("Follow"))[0]},
    )
    following = f"/api/v1/accounts/relationships?id[]={nadia.id}"
    assert (await ami.get(following))[0]["following"]
    ground = whole.site.ground

    async def resting(tx: Transaction) -> list[tuple[str, int]]:
        rows = await tx.all(SUSPENDED)
        return [(row.host, row.ends_at) for row in rows]

    made = await admin.post(BLOCKS, domain=NANTES, severity="suspend")
    assert await ground.database.read(resting) == [(NANTES, whole.clock.now() + 30 * DAY)]
    assert (await ami.get(following))[0]["following"]
    await admin.ok("DELETE", f"{BLOCKS}/{made['id']}")
    assert await ground.database.read(resting) == []
    # The version in between is one that the console can undo as any other.
    service = make_rules(ground)

    async def undo(tx: Transaction) -> Made:
        (latest, *_) = await service.versions(tx)
        assert latest.source == ADMIN_API
        return await service.undo(tx, latest.id, Author("person", "1", "@ami@corp.example"))

    await ground.database.write(undo)
    await whole.site.protocol.border.load(ground.database)
    assert await admin.get(BLOCKS) == [made]
