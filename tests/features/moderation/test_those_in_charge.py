"""What those in charge may not do: for themselves, above their role, with what nobody reported."""

from __future__ import annotations

import pytest

from fedrse.app.moderation import make_moderation
from fedrse.core.errors import Conflict, Forbidden
from fedrse.features.access.model import Role
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import Action, Wish
from tests.features.moderation.staff import decide, post, reported, staff
from tests.features.whole import WholeSite


async def test_who_is_frozen_is_no_owner_who_is_left(whole: WholeSite) -> None:
    olga, oscar = await staff(whole, "olga", Role.OWNER), await staff(whole, "oscar", Role.OWNER)
    await decide(olga, oscar, "disable")
    logins, write = whole.site.services.access.logins, whole.site.ground.database.write
    for shut_out in (logins.disable, logins.remove, logins.keep_an_owner):
        with pytest.raises(Conflict, match="last owner"):
            await write(shut_out, olga.account.id)
    with pytest.raises(Conflict, match="last owner"):
        await write(logins.set_role, olga.account.id, Role.MEMBER)
    # The one who is frozen may go: the other one stays.
    await write(logins.disable, oscar.account.id)


async def test_a_disabled_log_in_is_opened_by_who_may_disable_it(whole: WholeSite) -> None:
    admin, mod = await staff(whole, "anna", Role.ADMIN), await staff(whole, "mod")
    ami = await whole.person("ami")
    path = f"/api/v1/admin/accounts/{ami.id}/enable"
    await decide(mod, ami, "disable")
    assert (await mod.ok("POST", path))["disabled"] is False, "a freeze is theirs"
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.disable, ami.account.id)
    assert (await mod.call("POST", path))[0] == 403
    assert (await mod.get(f"/api/v1/admin/accounts/{ami.id}"))["disabled"] is True
    assert (await admin.ok("POST", path))["disabled"] is False


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMUNITY_MANAGER, Role.MODERATOR])
async def test_moderators_act_on_nobody_in_charge(whole: WholeSite, role: Role) -> None:
    admin, mod = await staff(whole, "anna", Role.ADMIN), await staff(whole, "mod")
    other = await staff(whole, "other", role)
    path = f"/api/v1/admin/accounts/{other.id}"
    for kind in ("none", "disable", "silence", "sensitive", "suspend"):
        assert (await mod.call("POST", f"{path}/action", json={"type": kind}))[0] == 403
    for act in ("enable", "unsilence", "unsensitive", "unsuspend"):
        assert (await mod.call("POST", f"{path}/{act}"))[0] == 403
    states = ("disabled", "silenced", "suspended", "sensitized")
    seen = await admin.get(path)
    assert [seen[state] for state in states] == [False] * 4
    await decide(admin, other, "disable")
    assert (await mod.call("POST", f"{path}/enable"))[0] == 403
    assert (await admin.get(path))["disabled"] is True


async def test_nobody_works_on_reports_about_themselves(whole: WholeSite) -> None:
    mod, mia, bob = await staff(whole, "mod"), await staff(whole, "mia"), await whole.person("bob")
    report = await reported(bob, mod, await post(mod, "Bad words"))
    path = f"/api/v1/admin/reports/{report}"
    for method, address in (
        ("GET", path),
        *(("POST", f"{path}/{act}") for act in ("resolve", "reopen", "assign_to_self", "unassign")),
        ("PUT", path),
    ):
        assert (await mod.call(method, address, json={"category": "spam"}))[0] in {403, 404}
    assert await mod.get("/api/v1/admin/reports") == []
    told = await mod.get("/api/v1/notifications?types[]=admin.report")
    assert told == [], "nor do they hear who reported them"
    (waits,) = await mia.get("/api/v1/admin/reports")
    assert (waits["id"], waits["action_taken"]) == (report, False)
    # Neither by way of a decision about somebody else.
    about = f"/api/v1/admin/accounts/{bob.id}/action"
    action = {"type": "none", "text": "x", "report_id": report}
    assert (await mod.call("POST", about, json=action))[0] == 403


async def test_appeals_of_those_above_are_not_for_those_below(whole: WholeSite) -> None:
    olga, anna = await staff(whole, "olga", Role.OWNER), await staff(whole, "anna", Role.ADMIN)
    mod, site = await staff(whole, "mod"), whole.site
    moderation, write = make_moderation(site.ground, site.services), site.ground.database.write
    wish = Wish(account_id=anna.account.id, action=Action.FREEZE)
    decision = await write(moderation.decisions.decide, person(olga.account.id), wish)
    await write(moderation.appeals.appeal, anna.account.id, decision.id, "Please")
    answer = moderation.appeals.answer
    with pytest.raises(Forbidden):
        await write(answer, person(mod.account.id), decision.id, approved=True)
    # There is no second owner, so the first may answer.
    await write(answer, person(olga.account.id), decision.id, approved=True)


async def test_what_a_reported_post_quotes_is_not_reported(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    await whole.person("carla")
    secret = await post(ami, "@carla a secret", visibility="direct")
    shown = await post(ami, "open")
    first = await post(ami, "@bob look", visibility="direct", quoted_status_id=secret["id"])
    second = await post(ami, "@bob look", visibility="direct", quoted_status_id=shown["id"])
    assert first["quote"]["quoted_status"]["id"] == secret["id"]
    report = await reported(bob, ami, first, second)
    seen = (await mod.get(f"/api/v1/admin/reports/{report}"))["statuses"]
    quotes = {one["id"]: one["quote"] for one in seen}
    assert quotes[first["id"]] == {"state": "unauthorized", "quoted_status": None}
    assert quotes[second["id"]]["quoted_status"]["id"] == shown["id"]
    assert "a secret" not in str(seen)
