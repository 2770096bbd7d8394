"""The admin API compared with the tables: addresses, scopes, rights, entities, bad requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fedrse.app.community import trends_of
from fedrse.features.access.model import Role
from fedrse.features.insights.model_dimensions import Dimension
from fedrse.features.insights.model_measures import Measure
from fedrse.http.routes import Auth, Route
from tests.client_api.checker import Endpoint, admin_endpoints, entity_problems, problems
from tests.features.admin.previews import show_card
from tests.features.moderation.staff import post, reported, staff
from tests.features.whole import Caller, WholeSite

V1 = "/api/v1/admin"
BUILT = admin_endpoints()


def routes(site: WholeSite) -> dict[tuple[str, str], Route]:
    return {
        (one.method, re.sub(r"\{\w+\}", ":id", one.path)): one for one in site.site.frame.routes
    }


async def test_addresses_and_scopes(whole: WholeSite) -> None:
    known = routes(whole)
    for one in admin_endpoints():
        route = known.get((one.method, one.path))
        assert route is not None, one.name
        assert route.auth is Auth.USER, one.name
        assert set(one.scopes) <= set(route.scopes), one.name
        assert route.right is not None, one.name


@pytest.mark.parametrize("endpoint", BUILT, ids=lambda one: one.name)
async def test_who_may_not(whole: WholeSite, endpoint: Endpoint) -> None:
    member = await whole.person("member", "read write admin:read admin:write")
    admin = await staff(whole, "olga", Role.OWNER)
    plain = await whole.with_scopes(admin, "read write")
    path = endpoint.filled(member.id)
    assert (await whole.call(endpoint.method, path))[0] == 401
    for caller in (member, plain):
        status, _, body = await caller.call(endpoint.method, path)
        assert (status, set(body)) == (403, {"error", "error_code"})
    if ":id" in endpoint.path:
        status, _, body = await admin.call(endpoint.method, endpoint.filled("7"))
        assert status in {404, 422}, (endpoint.name, status, body)
        assert (await admin.call(endpoint.method, endpoint.filled("x")))[0] == 404
    required = [one for one in endpoint.parameters if one.endswith("!") and one != ":id!"]
    if required:
        assert (await admin.call(endpoint.method, path, json={}))[0] == 422


def flaws(endpoint: str, body: Any) -> Iterator[str]:
    """What is wrong with an answer."""
    (fact,) = [one.returns for one in admin_endpoints() if one.name == endpoint]
    assert fact is not None
    if fact["t"] == "empty":
        assert body == {}
        return
    yield from problems(body, fact)


class Probe:
    """Calls and compares."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin
        self.wrong: dict[str, list[str]] = {}
        self.called: set[str] = set()

    async def __call__(self, endpoint: str, key: str = "", query: str = "", **body: Any) -> Any:
        method, _, path = endpoint.partition(" ")
        real = path.replace(":id", key) + query
        found = await self.admin.ok(method, real, **({"json": body} if body else {}))
        self.called.add(endpoint)
        if found_wrong := list(flaws(endpoint, found)):
            self.wrong[endpoint] = found_wrong
        return found


async def test_every_endpoint_with_real_data(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, bob = await whole.person("ami"), await whole.person("bob")
    nadia = await whole.remote("nadia")
    report = await reported(bob, ami, await post(ami, "An insult"))
    probe = Probe(admin)
    everybody = await probe(f"GET {V1}/accounts")
    assert {one["username"] for one in everybody} >= {"olga", "ami", "bob", "nadia"}
    await probe("GET /api/v2/admin/accounts", query="?origin=remote&by_domain=nantes.corp.example")
    (found,) = await probe(f"GET {V1}/accounts", query="?email=ami@mail.example")
    assert (found["id"], found["role"]["name"]) == (ami.id, "")
    (found,) = await probe("GET /api/v2/admin/accounts", query="?permissions=staff")
    assert found["role"]["permissions"] != "0"
    await probe(f"GET {V1}/accounts/:id", str(nadia.id))
    shown = await probe(f"GET {V1}/reports/:id", report)
    assert [one["content"] for one in shown["statuses"]] == ["<p>An insult</p>"]
    await probe(f"PUT {V1}/reports/:id", report, category="spam")
    for name in ("assign_to_self", "unassign", "resolve", "reopen"):
        await probe(f"POST {V1}/reports/:id/{name}", report)
    (one,) = await probe(f"GET {V1}/reports", query=f"?target_account_id={ami.id}")
    assert (one["id"], one["category"]) == (report, "spam")
    assert await probe(f"GET {V1}/reports", query=f"?account_id={ami.id}") == []
    for action, undo in (
        ("sensitive", "unsensitive"),
        ("silence", "unsilence"),
        ("disable", "enable"),
        ("suspend", "unsuspend"),
    ):
        await probe(f"POST {V1}/accounts/:id/action", ami.id, type=action)
        await probe(f"POST {V1}/accounts/:id/{undo}", ami.id)
    assert [one["id"] for one in await probe(f"GET {V1}/reports", query="?resolved=true")] == [
        report
    ]
    await probe(f"POST {V1}/accounts/:id/action", ami.id, type="suspend")
    await probe(f"DELETE {V1}/accounts/:id", ami.id)
    made = await probe(f"POST {V1}/email_domain_blocks", domain="spam.example")
    await probe(f"GET {V1}/email_domain_blocks")
    await probe(f"GET {V1}/email_domain_blocks/:id", made["id"])
    await admin.ok("DELETE", f"{V1}/email_domain_blocks/{made['id']}")
    made = await probe(f"POST {V1}/canonical_email_blocks", email="bad@mail.example")
    await probe(f"POST {V1}/canonical_email_blocks/test", email="bad@mail.example")
    await probe(f"GET {V1}/canonical_email_blocks")
    await probe(f"GET {V1}/canonical_email_blocks/:id", made["id"])
    await admin.ok("DELETE", f"{V1}/canonical_email_blocks/{made['id']}")
    made = await probe(f"POST {V1}/ip_blocks", ip="10.0.0.0/8", severity="sign_up_block")
    await probe(f"GET {V1}/ip_blocks")
    await probe(f"GET {V1}/ip_blocks/:id", made["id"])
    await probe(f"PUT {V1}/ip_blocks/:id", made["id"], comment="Bots", expires_in=60)
    await admin.ok("DELETE", f"{V1}/ip_blocks/{made['id']}")
    await _domains(probe)
    await _trends(probe, bob, await whole.person("chloe"))
    await _numbers(probe)
    assert probe.wrong == {}
    # Those who wait are tried with the pages; what answers a removal is free.
    waits = {f"POST {V1}/accounts/:id/approve", f"POST {V1}/accounts/:id/reject"}
    rest = {one.name for one in BUILT if not one.name.startswith("DELETE")} - waits
    assert probe.called >= rest, rest - probe.called


async def _domains(probe: Probe) -> None:
    for group in ("domain_blocks", "domain_allows"):
        made = await probe(f"POST {V1}/{group}", domain="partner.example")
        assert [one["id"] for one in await probe(f"GET {V1}/{group}")] == [made["id"]]
        assert await probe(f"GET {V1}/{group}/:id", made["id"]) == made
        if group == "domain_blocks":
            changed = {"severity": "noop", "reject_media": True, "public_comment": "Adverts"}
            changed = await probe(f"PUT {V1}/{group}/:id", made["id"], **changed)
            assert changed == made | {
                "severity": "noop",
                "reject_media": True,
                "public_comment": "Adverts",
            }
        await probe.admin.ok("DELETE", f"{V1}/{group}/{made['id']}")
        assert await probe(f"GET {V1}/{group}") == []


async def _trends(probe: Probe, *people: Caller) -> None:
    site = probe.admin.site
    liked = await post(probe.admin, "Everybody likes this #lunch")
    for one in people:
        said = await post(one, "Read this #lunch")
        await one.post(f"/api/v1/statuses/{liked['id']}/favourite")
        await show_card(site, said, "https://news.example/1")
    await site.site.ground.database.write(trends_of(site.site.ground).count)
    for kind in ("tags", "statuses", "links"):
        assert len(await probe(f"GET {V1}/trends/{kind}")) == 1, kind


async def _numbers(probe: Probe) -> None:
    span = {"start_at": "2026-01-10", "end_at": "2026-01-15T12:00:00Z"}
    (tag,) = await probe.admin.get(f"{V1}/trends/tags")
    tags, sites = {"id": tag["id"]}, {"domain": "nantes.corp.example"}
    for path, known in (("measures", Measure), ("dimensions", Dimension)):
        keys = [one.value for one in known]
        about = {key: tags if key.startswith("tag_") else sites for key in keys if "_" in key}
        found = await probe(f"POST {V1}/{path}", keys=keys, **span, **about)
        assert [one["key"] for one in found] == keys
        (names,) = [one.parameters for one in BUILT if one.path.endswith(path)]
        assert {one.partition("[")[0] for one in names if one.endswith("d]")} <= set(keys)
        for one in found if path == "dimensions" else ():
            for part in one["data"]:
                assert entity_problems(part, "Admin::Dimension::Data") == []
    assert len(await probe(f"POST {V1}/retention", **span, frequency="day")) == 6


async def test_pages_follow_the_links(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    for number in range(5):
        await whole.person(f"person{number}")
    path, seen = f"{V1}/accounts?local=true&limit=2", []
    while path:
        status, headers, body = await admin.call("GET", path)
        assert status == 200
        seen += [one["username"] for one in body]
        link = re.search(r'<https?://[^/]+([^>]+)>; rel="next"', headers.get("Link", ""))
        path = link[1] if link else ""
    assert sorted(seen) == ["olga", *(f"person{number}" for number in range(5))]
    assert len(set(seen)) == len(seen)
