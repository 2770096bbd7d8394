"""What the site itself tells people: follows that ended with a domain, warnings."""

from __future__ import annotations

from typing import Any

from fedrse.features.relationships.service_domains import PART
from tests.features.whole import WholeSite


async def test_a_blocked_domain_ends_follows(whole: WholeSite) -> None:
    ami = await whole.person("ami")
    nils, olga, pia = [
        await whole.remote(name, host)
        for name, host in (
            ("nils", "nantes.corp.example"),
            ("olga", "nantes.corp.example"),
            ("pia", "oslo.corp.example"),
        )
    ]
    for one in (nils, pia):
        follow = {"type": "Follow", "id": f"{one.uri}#f", "object": ami.account.uri}
        await whole.receive(one, follow)
    for one in (nils, olga, pia):
        await ami.follow(one)
        (sent,) = [a for a in await whole.sent("Follow") if a["object"] == one.uri]
        await whole.receive(one, {"type": "Accept", "object": sent["id"]})
    await ami.post("/api/v1/notifications/clear")
    await ami.post("/api/v1/domain_blocks", domain="nantes.corp.example")
    (told,) = await ami.get("/api/v1/notifications")
    assert (told["type"], told["account"]["id"]) == ("severed_relationships", ami.id)
    event = told["event"]
    assert event == {
        "id": event["id"],
        "type": "user_domain_block",
        "purged": False,
        "target_name": "nantes.corp.example",
        "followers_count": 1,
        "following_count": 2,
        "created_at": told["created_at"],
    }
    await whole.do_job(PART, account=ami.account.id, domain="nantes.corp.example")
    left = await ami.get(f"/api/v1/accounts/{ami.id}/following")
    assert [one["username"] for one in left] == ["pia"]
    grouped = await ami.get("/api/v2/notifications")
    (group,) = grouped["notification_groups"]
    assert (group["type"], group["event"]) == ("severed_relationships", event)
    # Nothing to tell where nothing ends.
    await ami.post("/api/v1/domain_blocks", domain="nowhere.example")
    assert len(await ami.get("/api/v1/notifications")) == 1


async def test_a_warning(whole: WholeSite) -> None:
    ami, bob = await whole.person("ami"), await whole.person("bob")
    notifications = whole.site.services.notifications
    text = "Please remember rule 2 <b>."
    await whole.site.ground.database.write(notifications.warn, ami.account.id, text)
    (told,) = await ami.get("/api/v1/notifications?types[]=moderation_warning")
    found: dict[str, Any] = told["moderation_warning"]
    assert found == {
        "id": found["id"],
        "action": "none",
        "text": text,
        "status_ids": None,
        "target_account": told["account"],
        "appeal": None,
        "created_at": told["created_at"],
    }
    assert told["account"]["id"] == ami.id
    (group,) = (await ami.get("/api/v2/notifications"))["notification_groups"]
    assert group["moderation_warning"] == found
    # Whoever lets nobody through hears it all the same; others do not.
    policy = dict.fromkeys(("for_not_following", "for_not_followers", "for_new_accounts"), "drop")
    await ami.ok("PATCH", "/api/v2/notifications/policy", json=policy)
    await whole.site.ground.database.write(notifications.warn, ami.account.id, "again")
    assert len(await ami.get("/api/v1/notifications")) == 2
    assert await bob.get("/api/v1/notifications") == []
