"""Measures, dimensions and retention: the numbers are those of what happened."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import DAY, to_date, to_iso
from fedrse.features.access.model import Role
from fedrse.features.access.service_visits import note_visit
from tests.features.cast import AS
from tests.features.moderation.staff import post, reported, staff
from tests.features.whole import Caller, WholeSite

BASE = "/api/v1/admin"
NANTES = "nantes.corp.example"


def today(whole: WholeSite) -> int:
    return whole.clock.now() // DAY


def date(day: int) -> str:
    return to_date(day * DAY)


async def measure(
    whole: WholeSite, admin: Caller, key: str, days: int = 2, **more: Any
) -> tuple[int, int, list[int]]:
    """Total, total before, and values of the last days."""
    last = today(whole)
    body = {"keys": [key], "start_at": date(last - days + 1), "end_at": date(last)}
    (found,) = await admin.post(f"{BASE}/measures", **body, **({key: more} if more else {}))
    assert found["key"] == key
    dates = [one["date"] for one in found["data"]]
    assert dates == [to_iso(day * DAY) for day in range(last - days + 1, last + 1)]
    values = [int(one["value"]) for one in found["data"]]
    return int(found["total"]), int(found["previous_total"]), values


async def dimension(admin: Caller, key: str, limit: int = 10, **more: Any) -> dict[str, str]:
    (found,) = await admin.post(
        f"{BASE}/dimensions", keys=[key], limit=limit, **({key: more} if more else {})
    )
    assert found["key"] == key
    return {one["key"]: one["value"] for one in found["data"]}


async def note(whole: WholeSite, person: Caller) -> None:
    await whole.site.ground.database.write(note_visit, person.account.id, whole.clock.now())


async def test_people_who_come(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, bob = await whole.person("ami"), await whole.person("bob")
    await note(whole, ami)
    for _ in range(3):
        whole.clock.advance(DAY)
        for one in (ami, ami, bob):
            await note(whole, one)
    # Three times each and ami once before; whoever asks was here, too, today.
    await whole.site.ground.database.write(note_visit, admin.account.id, whole.clock.now())
    total, before, values = await measure(whole, admin, "active_users", days=2)
    assert (total, before, values) == (3, 2, [2, 3])
    assert (await measure(whole, admin, "active_users", days=4))[0] == 3
    whole.clock.advance(10 * DAY)
    assert (await measure(whole, admin, "active_users", days=5))[:2] == (0, 0)


async def test_who_uses_a_token_is_counted_once_a_day(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    for _ in range(2):
        whole.clock.advance(DAY)
        for _ in range(3):
            await admin.get("/api/v1/accounts/verify_credentials")
            await whole.site.frame._authenticator.close()  # type: ignore[attr-defined]
            whole.clock.advance(DAY // 10)
    assert (await measure(whole, admin, "active_users", days=3))[2][-2:] == [1, 1]


async def test_newcomers_reports_and_interactions(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami = await whole.person("ami")
    mine = await post(ami, "Bonjour")
    whole.clock.advance(DAY)
    bob = await whole.person("bob")
    assert await measure(whole, admin, "new_users") == (3, 0, [2, 1])
    await bob.post(f"/api/v1/statuses/{mine['id']}/favourite")
    await bob.post(f"/api/v1/statuses/{mine['id']}/reblog")
    await post(bob, "Salut", in_reply_to_id=mine["id"])
    await post(ami, "And more", in_reply_to_id=mine["id"])  # goes on with it herself
    hidden = await post(ami, "@bob secret", visibility="direct")
    await bob.post(f"/api/v1/statuses/{hidden['id']}/favourite")
    await post(bob, "@ami hush", in_reply_to_id=hidden["id"], visibility="direct")
    assert await measure(whole, admin, "interactions") == (3, 0, [0, 3])
    report = await reported(bob, ami, mine)
    assert await measure(whole, admin, "opened_reports") == (1, 0, [0, 1])
    assert await measure(whole, admin, "resolved_reports") == (0, 0, [0, 0])
    whole.clock.advance(DAY)
    await admin.ok("POST", f"{BASE}/reports/{report}/resolve")
    assert await measure(whole, admin, "resolved_reports", days=1) == (1, 0, [1])
    assert await measure(whole, admin, "opened_reports", days=1) == (0, 1, [0])
    await admin.ok("POST", f"{BASE}/reports/{report}/reopen")
    assert await measure(whole, admin, "resolved_reports", days=1) == (0, 0, [0])


async def test_a_hashtag(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, bob = await whole.person("ami"), await whole.person("bob")
    await post(ami, "#Lunch", language="fr")
    whole.clock.advance(DAY)
    nadia = await whole.remote("nadia")
    await whole.receive_note(
        nadia,
        1,
        to=f"{AS}#Public",
        content="<p>#lunch</p>",
        published=to_iso(whole.clock.now()),
        tag=[{"type": "Hashtag", "name": "#lunch", "href": f"https://{NANTES}/tags/lunch"}],
    )
    for one in (ami, ami, bob):
        await post(one, "#lunch again", language="en")
    await post(ami, "#lunch @bob", visibility="direct", language="de")
    await post(ami, "#lunch", visibility="private", language="de")
    tag = (await admin.get("/api/v1/tags/lunch"))["id"]
    assert await measure(whole, admin, "tag_uses", days=1, id=tag) == (4, 1, [4])
    assert await measure(whole, admin, "tag_accounts", days=1, id=tag) == (3, 1, [3])
    assert await measure(whole, admin, "tag_accounts", days=2, id=tag) == (3, 0, [1, 3])
    assert await measure(whole, admin, "tag_servers", days=1, id=tag) == (1, 0, [1])
    assert await measure(whole, admin, "tag_uses", days=1, id="7") == (0, 0, [0])
    assert await dimension(admin, "tag_servers", id=tag) == {"corp.example": "4", NANTES: "1"}
    assert await dimension(admin, "tag_languages", id=tag) == {"en": "3", "fr": "1", "und": "1"}
    # Of a tag that only direct posts have nothing can be seen.
    await post(ami, "#secret @bob", visibility="direct")
    secret = (await ami.get("/api/v1/tags/secret"))["id"]
    assert await measure(whole, admin, "tag_uses", days=1, id=secret) == (0, 0, [0])
    assert await dimension(admin, "tag_languages", id=secret) == {}


async def test_another_site(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami = await whole.person("ami")
    nadia = await whole.remote("nadia")
    await whole.remote("oscar", "oslo.corp.example")
    whole.clock.advance(DAY)
    nils = await whole.remote("nils")
    await ami.follow(nadia)
    for sent in await whole.sent("Follow"):
        await whole.receive(nadia, {"type": "Accept", "object": sent})
    for sender in (nadia, nils):
        follow = {"id": f"{sender.uri}#follow", "type": "Follow", "object": ami.account.uri}
        await whole.receive(sender, follow)
    await admin.call("POST", f"/api/v1/follow_requests/{nadia.id}/authorize")
    now = to_iso(whole.clock.now())
    for number, audience in enumerate(([f"{AS}#Public"], [f"{nadia.uri}/followers"]), 1):
        await whole.receive_note(nadia, number, to=audience, published=now, contentMap={"fr": "x"})
    await whole.receive_note(
        nadia,
        3,
        to=[ami.account.uri],
        published=now,
        tag=[{"type": "Mention", "href": ami.account.uri, "name": "@ami"}],
    )
    await ami.post("/api/v1/reports", account_id=str(nadia.id))
    there = {"domain": NANTES}
    assert await measure(whole, admin, "instance_accounts", **there) == (2, 0, [1, 1])
    assert await measure(whole, admin, "instance_accounts", days=1, **there) == (1, 1, [1])
    assert await measure(whole, admin, "instance_follows", **there) == (1, 0, [0, 1])
    assert await measure(whole, admin, "instance_reports", **there) == (1, 0, [0, 1])
    assert (await measure(whole, admin, "instance_statuses", **there))[2] == [0, 2]
    assert await measure(whole, admin, "instance_media_attachments", **there) == (0, 0, [0, 0])
    assert await dimension(admin, "instance_accounts", **there) == {"nadia": "1"}
    assert await dimension(admin, "instance_languages", **there) == {"fr": "2"}
    assert await dimension(admin, "servers") == {NANTES: "2"}
    own = {"domain": "corp.example"}
    assert await measure(whole, admin, "instance_accounts", **own) == (0, 0, [0, 0])


async def test_followers_from_another_site(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, nadia = await whole.person("ami"), await whole.remote("nadia")
    follow = {"id": f"{nadia.uri}#follow", "type": "Follow", "object": ami.account.uri}
    await whole.receive(nadia, follow)
    waiting = await ami.get("/api/v1/follow_requests")
    for one in waiting:
        await ami.post(f"/api/v1/follow_requests/{one['id']}/authorize")
    there = {"domain": NANTES}
    assert await measure(whole, admin, "instance_followers", days=1, **there) == (1, 0, [1])
    assert await measure(whole, admin, "instance_follows", days=1, **there) == (0, 0, [0])


async def test_the_site_itself(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami = await whole.person("ami")
    await note(whole, ami)
    assert await dimension(admin, "languages") == {"en": "1"}
    await post(ami, "From an app")
    (source,) = (await dimension(admin, "sources")).items()
    assert source[1] == "1"
    versions = await dimension(admin, "software_versions")
    assert set(versions) >= {"fedrse", "python"}
    assert all(value[0].isdigit() for value in versions.values())
    (space,) = await admin.post(f"{BASE}/dimensions", keys=["space_usage"])
    assert {one["unit"] for one in space["data"]} == {"bytes"}
    assert int(space["data"][0]["value"]) > 10_000
    assert space["data"][0]["human_value"].endswith(("KB", "MB"))


async def test_retention(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    first = today(whole)
    ami, bob = await whole.person("ami"), await whole.person("bob")
    for one in (ami, bob):
        await note(whole, one)
    whole.clock.advance(DAY)
    await whole.person("chloe")
    for one in (ami, admin):  # whoever asks is here, too
        await note(whole, one)
    body = {"start_at": date(first), "end_at": date(first + 2), "frequency": "day"}
    found = await admin.post(f"{BASE}/retention", **body)
    assert [one["period"] for one in found] == [to_iso((first + n) * DAY) for n in range(3)]
    rates = [[(one["value"], one["rate"]) for one in cohort["data"]] for cohort in found]
    assert rates == [
        [("3", 1.0), ("2", 0.6667), ("0", 0.0)],
        [("0", 0.0), ("0", 0.0)],
        [("0", 0.0)],
    ]
    (month,) = await admin.post(f"{BASE}/retention", **body | {"frequency": "month"})
    assert month["period"] == "2026-01-01T00:00:00.000Z"
    assert [(one["value"], one["rate"]) for one in month["data"]] == [("3", 0.75)]
    assert await admin.post(f"{BASE}/retention", **body | {"frequency": "year"}) == found


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("measures", {}, "keys"),
        ("measures", {"keys": []}, "keys"),
        ("measures", {"keys": ["active_users"], "start_at": None}, "start_at"),
        ("measures", {"keys": ["active_users"], "end_at": None}, "end_at"),
        ("measures", {"keys": ["activ_users"]}, "nearest is active_users"),
        ("measures", {"keys": ["tag_uses"]}, "tag_uses[id]"),
        ("measures", {"keys": ["tag_uses"], "tag_uses": {"id": "x"}}, "tag_uses[id]"),
        ("measures", {"keys": ["instance_follows"]}, "instance_follows[domain]"),
        ("measures", {"keys": ["new_users"], "start_at": "2026-02-30"}, "start_at"),
        ("measures", {"keys": ["new_users"], "start_at": "0001-01-01"}, "start_at"),
        ("measures", {"keys": ["new_users"], "end_at": "9999-01-01"}, "end_at"),
        ("measures", {"keys": ["new_users"], "start_at": "2026-01-03"}, "before"),
        ("measures", {"keys": ["new_users"], "start_at": "2020-01-03"}, "366"),
        ("dimensions", {"keys": ["server"]}, "nearest is servers"),
        ("dimensions", {"keys": ["servers"], "limit": "many"}, "limit"),
        ("dimensions", {"keys": ["tag_servers"], "tag_servers": "7"}, "tag_servers"),
        ("dimensions", {"keys": ["servers"], "start_at": "yesterday"}, "start_at"),
        ("retention", {"frequency": None}, "frequency"),
        ("retention", {"frequency": "day", "start_at": "2025-01-01"}, "92"),
        ("retention", {"frequency": "month", "start_at": "1999-01-01"}, "at most"),
    ],
)
async def test_wrong_input(whole: WholeSite, path: str, body: dict[str, Any], word: str) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    given = {"start_at": "2026-01-01", "end_at": "2026-01-02"} | body
    body = {name: value for name, value in given.items() if value is not None}
    status, _, answer = await admin.call("POST", f"{BASE}/{path}", json=body)
    assert (status, word in answer["error"]) == (422, True), answer


async def test_times_of_the_day_are_ignored(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    day = date(today(whole))
    wanted = await admin.post(f"{BASE}/measures", keys=["new_users"], start_at=day, end_at=day)
    for time in ("T00:00:00Z", "T23:59:59.999Z", "T23:30:00-05:00", "T01:00:00+02:00"):
        body = {"keys": ["new_users"], "start_at": day + time, "end_at": day}
        assert await admin.post(f"{BASE}/measures", **body) == wanted


async def test_forms_as_apps_send_them(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    form = [
        *(("keys[]", key) for key in ("tag_uses", "instance_follows", "tag_uses")),
        *(("start_at", "2026-01-01"), ("end_at", "2026-01-02")),
        *(("tag_uses[id]", "7"), ("instance_follows[domain]", NANTES)),
    ]
    found = await admin.ok("POST", f"{BASE}/measures", data=form)
    assert [one["key"] for one in found] == ["tag_uses", "instance_follows"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MEMBER])
async def test_who_may_not(whole: WholeSite, role: Role) -> None:
    caller = await staff(whole, "eve", role)
    for path in ("measures", "dimensions", "retention"):
        assert (await caller.call("POST", f"{BASE}/{path}", json={}))[0] == 403
