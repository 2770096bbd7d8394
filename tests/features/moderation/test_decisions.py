"""Decisions through the client API: what they do, how they end, and who hears of them."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import bindparam, select

from fedrse.app.moderation import make_moderation
from fedrse.core.clock import DAY
from fedrse.features.access.model import Role
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import Action, Wish
from fedrse.features.moderation.service_decisions import EXPIRE
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.moderation.staff import acts, decide, post, reported, staff
from tests.features.whole import Caller, WholeSite

JOBS = Statement(select(job.c.arguments, job.c.due_at).where(job.c.kind == bindparam("kind")))


async def test_a_warning_is_told_and_closes_the_report(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    report = await reported(bob, ami, await post(ami, "Bad words"))
    await decide(mod, ami, "none", text="Please be kind.", report_id=report)
    (told,) = await ami.get("/api/v1/notifications?types[]=moderation_warning")
    warning = told["moderation_warning"]
    assert (warning["action"], warning["text"]) == ("none", "Please be kind.")
    assert warning["target_account"]["id"] == ami.id
    assert (await mod.get(f"/api/v1/admin/reports/{report}"))["action_taken"] is True
    assert await acts(whole) == ["account.warn", "report.resolve"]
    # It changed nothing.
    await post(ami, "I am still here")


async def test_who_is_frozen_looks_and_does_nothing(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    theirs = await post(bob, "Good morning")
    await decide(mod, ami, "disable", text="A pause.")
    assert (await ami.get("/api/v1/timelines/public"))[0]["id"] == theirs["id"]
    for path, fields in (
        ("/api/v1/statuses", {"status": "No"}),
        (f"/api/v1/statuses/{theirs['id']}/favourite", {}),
        (f"/api/v1/accounts/{bob.id}/follow", {}),
    ):
        status, _, body = await ami.call("POST", path, json=fields)
        assert (status, body["error"]) == (
            403,
            "Your account is frozen: you can look, but not act.",
        )
    seen = await mod.get(f"/api/v1/admin/accounts/{ami.id}")
    assert (seen["disabled"], seen["suspended"]) == (True, False)
    assert (await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/enable"))["disabled"] is False
    await post(ami, "Back again")
    assert await acts(whole) == ["account.freeze", "account.unfreeze"]


async def test_who_is_limited_is_proposed_nowhere(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    cleo = await whole.person("cleo")
    await bob.follow(ami)
    await decide(mod, ami, "silence")
    mine = await post(ami, "Read me #news @cleo")
    assert await cleo.get("/api/v1/timelines/public") == []
    assert await cleo.get("/api/v1/timelines/tag/news") == []
    assert [one["id"] for one in await bob.get("/api/v1/timelines/home")] == [mine["id"]]
    assert (await cleo.get(f"/api/v1/accounts/{ami.id}"))["limited"] is True
    # Who looks finds it; notifications of strangers wait.
    assert (await cleo.get(f"/api/v1/statuses/{mine['id']}"))["id"] == mine["id"]
    assert await cleo.get("/api/v1/notifications") == []
    assert len(await cleo.get("/api/v1/notifications/requests")) == 1
    await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsilence")
    assert [one["id"] for one in await cleo.get("/api/v1/timelines/public")] == [mine["id"]]


async def test_who_is_suspended_is_gone_and_comes_back(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    mine = await post(ami, "Hello")
    await bob.follow(ami)
    await decide(mod, ami, "suspend", text="Enough.")
    assert (await bob.call("GET", f"/api/v1/statuses/{mine['id']}"))[0] == 404
    shown = await bob.get(f"/api/v1/accounts/{ami.id}")
    assert (shown["suspended"], shown["display_name"]) == (True, "")
    assert (await ami.call("GET", "/api/v1/accounts/verify_credentials"))[0] == 401
    (update,) = [one for one in await whole.sent("Update") if one["object"].get("suspended")]
    assert update["object"]["id"] == ami.account.uri
    await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsuspend")
    assert (await bob.get(f"/api/v1/statuses/{mine['id']}"))["content"] == mine["content"]
    assert "suspended" not in (await whole.sent("Update"))[-1]["object"]
    assert (await ami.get("/api/v1/accounts/verify_credentials"))["id"] == ami.id


async def test_pictures_of_all_posts_are_covered(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    old = await post(ami, "Before")
    assert (await bob.get(f"/api/v1/statuses/{old['id']}"))["sensitive"] is False
    await decide(mod, ami, "sensitive")
    assert (await bob.get(f"/api/v1/statuses/{old['id']}"))["sensitive"] is True
    assert (await post(ami, "Now"))["sensitive"] is True
    await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsensitive")
    assert (await bob.get(f"/api/v1/statuses/{old['id']}"))["sensitive"] is False


async def judge(whole: WholeSite, by: Caller, wish: Wish) -> int:
    """Decides what the API has no words for."""
    decisions = make_moderation(whole.site.ground, whole.site.services).decisions

    async def unit(tx: Transaction) -> int:
        return (await decisions.decide(tx, person(by.account.id), wish)).id

    return await whole.site.ground.database.write(unit)


async def test_posts_are_deleted_and_the_evidence_stays(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    bad, good = await post(ami, "An insult"), await post(ami, "Weather")
    report = int(await reported(bob, ami, bad))
    wish = Wish(
        account_id=ami.account.id,
        action=Action.DELETE_POSTS,
        report_id=report,
        post_ids=(int(bad["id"]),),
    )
    await judge(whole, mod, wish)
    assert (await bob.call("GET", f"/api/v1/statuses/{bad['id']}"))[0] == 404
    assert (await bob.get(f"/api/v1/statuses/{good['id']}"))["id"] == good["id"]
    assert (await whole.sent("Delete"))[-1]["object"]["id"] == bad["uri"]
    queue = make_moderation(whole.site.ground, whole.site.services).queue
    kept = await whole.site.ground.database.read(queue.evidence, [report])
    assert [one.content for one in kept[report]] == ["<p>An insult</p>"]
    (told,) = await ami.get("/api/v1/notifications?types[]=moderation_warning")
    assert told["moderation_warning"]["status_ids"] == [bad["id"]]


async def test_posts_are_covered_by_a_new_version(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    mine = await post(ami, "Look")
    wish = Wish(account_id=ami.account.id, action=Action.MARK_POSTS, post_ids=(int(mine["id"]),))
    await judge(whole, mod, wish)
    shown = await ami.get(f"/api/v1/statuses/{mine['id']}")
    assert (shown["sensitive"], shown["edited_at"] is None) == (True, False)
    assert (await whole.sent("Update"))[-1]["object"]["sensitive"] is True
    history = await ami.get(f"/api/v1/statuses/{mine['id']}/history")
    assert [one["sensitive"] for one in history] == [False, True]


async def test_private_posts_are_touched_only_where_somebody_reported_them(
    whole: WholeSite,
) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    secret = await post(ami, "@bob psst", visibility="direct")
    other = await post(ami, "@bob and this", visibility="direct")
    ids = (int(secret["id"]), int(other["id"]))
    wish = Wish(account_id=ami.account.id, action=Action.DELETE_POSTS, post_ids=ids)
    with pytest.raises(Exception, match="needs posts"):
        await judge(whole, mod, wish)
    report = await reported(bob, ami, secret)
    seen = await mod.get(f"/api/v1/admin/reports/{report}")
    assert [one["id"] for one in seen["statuses"]] == [secret["id"]]
    assert (await mod.call("GET", f"/api/v1/statuses/{secret['id']}"))[0] == 404
    wish = msgspec.structs.replace(wish, report_id=int(report))
    await judge(whole, mod, wish)
    assert (await bob.call("GET", f"/api/v1/statuses/{secret['id']}"))[0] == 404
    assert (await bob.get(f"/api/v1/statuses/{other['id']}"))["id"] == other["id"]


async def test_a_decision_for_a_time_ends_by_itself(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    wish = Wish(account_id=ami.account.id, action=Action.LIMIT, life=7 * DAY)
    await judge(whole, mod, wish)
    (row,) = await whole.site.ground.database.read(_jobs)
    assert row.due_at == whole.clock.now() + 7 * DAY
    whole.clock.advance(7 * DAY)
    await whole.do_job(EXPIRE, **msgspec.json.decode(row.arguments))
    assert (await mod.get(f"/api/v1/admin/accounts/{ami.id}"))["silenced"] is False
    assert await acts(whole) == ["account.limit", "account.unlimit"]


async def _jobs(tx: Transaction) -> list[object]:
    return list(await tx.all(JOBS, kind=EXPIRE))


async def test_two_decisions_of_a_kind_hold_until_both_have_ended(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    await judge(whole, mod, Wish(account_id=ami.account.id, action=Action.LIMIT, life=DAY))
    await judge(whole, mod, Wish(account_id=ami.account.id, action=Action.LIMIT))
    (row,) = await whole.site.ground.database.read(_jobs)
    whole.clock.advance(DAY)
    await whole.do_job(EXPIRE, **msgspec.json.decode(row.arguments))
    assert (await mod.get(f"/api/v1/admin/accounts/{ami.id}"))["silenced"] is True
    await mod.ok("POST", f"/api/v1/admin/accounts/{ami.id}/unsilence")
    assert (await mod.get(f"/api/v1/admin/accounts/{ami.id}"))["silenced"] is False


async def test_who_may_decide_about_whom(whole: WholeSite) -> None:
    owner = await staff(whole, "olga", Role.OWNER)
    mod, other = await staff(whole, "mod"), await staff(whole, "mia")
    for target in (mod, other, owner):
        path = f"/api/v1/admin/accounts/{target.id}/action"
        status, _, _ = await mod.call("POST", path, json={"type": "silence"})
        assert status == 403
    await decide(owner, mod, "suspend")
    # The last owner cannot be shut out by anybody, another owner included.
    second = await staff(whole, "oscar", Role.OWNER)
    await decide(owner, second, "suspend")
    status, _, _ = await second.call("GET", "/api/v1/admin/accounts")
    assert status == 401
    path = f"/api/v1/admin/accounts/{owner.id}/action"
    status, _, body = await owner.call("POST", path, json={"type": "suspend"})
    assert (status, body["error"]) == (403, "Nobody decides about themselves.")


async def test_people_of_other_sites(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    nadia = await whole.remote("nadia")
    key = str(nadia.id)
    note = {
        "id": f"{nadia.uri}/1",
        "type": "Note",
        "attributedTo": nadia.uri,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "content": "<p>Bonjour</p>",
    }
    await whole.receive(nadia, {"type": "Create", "object": note})
    path = f"/api/v1/admin/accounts/{key}/action"
    assert (await mod.call("POST", path, json={"type": "disable"}))[0] == 422
    await decide(mod, key, "suspend")
    assert (await ami.get(f"/api/v1/accounts/{key}"))["suspended"] is True
    assert await ami.get(f"/api/v1/accounts/{key}/statuses") == []
    # What its site says of it afterwards brings nothing back.
    again = await whole.remote("nadia")
    assert again.suspended_at is not None
    await mod.ok("POST", f"/api/v1/admin/accounts/{key}/unsuspend")
    assert len(await ami.get(f"/api/v1/accounts/{key}/statuses")) == 1
