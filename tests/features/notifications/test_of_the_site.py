"""What the site itself tells people: follows that ended with a domain, warnings."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from fedrse.app.services import blocked_peers
from fedrse.core.clock import to_iso
from fedrse.core.ids import IdMaker
from fedrse.features.notifications.jobs import ANNOUNCE, NewsOfCommands
from fedrse.features.notifications.model_events import Notified
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_decisions import DecisionNews
from fedrse.features.relationships.service_domains import PART
from fedrse.jobs.tables import job
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement
from tests.features.decided import WHEN, warning
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


async def test_a_blocked_site_ends_follows(whole: WholeSite) -> None:
    """Everybody who followed somebody there, or was followed, is told once."""
    ami, bob = await whole.person("ami"), await whole.person("bob")
    host = "nantes.corp.example"
    nils, olga, pia = [
        await whole.remote(name, where)
        for name, where in (("nils", host), ("olga", host), ("pia", "oslo.corp.example"))
    ]
    for one in (nils, pia):
        follow = {"type": "Follow", "id": f"{one.uri}#f", "object": ami.account.uri}
        await whole.receive(one, follow)
    for one in (nils, olga, pia):
        await ami.follow(one)
        (sent,) = [a for a in await whole.sent("Follow") if a["object"] == one.uri]
        await whole.receive(one, {"type": "Accept", "id": f"{one.uri}#a", "object": sent})
    await bob.follow(nils)  # not answered yet
    for who in (ami, bob):
        await who.post("/api/v1/notifications/clear")
    site = whole.site
    peers = blocked_peers(site.ground, site.protocol, site.services)
    await peers.part(["slo.corp.example", "antes.corp.example"])  # others
    assert await ami.get("/api/v1/notifications") == []
    undone = len(await whole.sent("Undo"))
    await peers.part(["nantes.corp.example"])
    (told,) = await ami.get("/api/v1/notifications")
    event = told["event"]
    assert (event["type"], event["target_name"]) == ("domain_block", host)
    assert (event["followers_count"], event["following_count"]) == (1, 2)
    for path, left in (("following", ["pia"]), ("followers", ["pia"])):
        found = await ami.get(f"/api/v1/accounts/{ami.id}/{path}")
        assert [one["username"] for one in found] == left
    assert await bob.get("/api/v1/notifications") == []
    (relation,) = await bob.get(f"/api/v1/accounts/relationships?id[]={nils.id}")
    assert (relation["following"], relation["requested"]) == (False, False)
    assert len(await whole.sent("Undo")) == undone
    await peers.part([host, "oslo.corp.example"])
    assert [one["event"]["target_name"] for one in await ami.get("/api/v1/notifications")] == [
        "oslo.corp.example",
        host,
    ]
    assert await ami.get(f"/api/v1/accounts/{ami.id}/following") == []


async def test_a_warning(whole: WholeSite) -> None:
    ami, bob = await whole.person("ami"), await whole.person("bob")
    ground, text = whole.site.ground, "Please remember rule 2 <b>."
    await ground.database.write(ground.events.publish, warning(1, ami.account.id, text))
    (told,) = await ami.get("/api/v1/notifications?types[]=moderation_warning")
    found: dict[str, Any] = told["moderation_warning"]
    assert found == {
        "id": found["id"],
        "action": "none",
        "text": text,
        "status_ids": None,
        "target_account": told["account"],
        "appeal": None,
        "created_at": to_iso(WHEN),
    }
    assert told["account"]["id"] == ami.id
    (group,) = (await ami.get("/api/v2/notifications"))["notification_groups"]
    assert group["moderation_warning"] == found
    # Whoever lets nobody through hears it all the same; others do not.
    policy = dict.fromkeys(("for_not_following", "for_not_followers", "for_new_accounts"), "drop")
    await ami.ok("PATCH", "/api/v2/notifications/policy", json=policy)
    await ground.database.write(ground.events.publish, warning(2, ami.account.id, "again"))
    assert len(await ami.get("/api/v1/notifications")) == 2
    assert await bob.get("/api/v1/notifications") == []


WAITING = Statement(select(job.c.arguments).where(job.c.kind == bindparam("kind")))


async def waiting(tx: Transaction, kind: str) -> list[Row]:
    """The arguments of the jobs of a kind, as JSON."""
    return await tx.all(WAITING, kind=kind)


async def test_what_a_command_tells_is_announced(whole: WholeSite) -> None:
    """Streams and push services are where the site is served, and hear it there."""
    ami, ground = await whole.person("ami"), whole.site.ground
    heard: list[Notified] = []

    async def hear(_tx: Transaction, event: Notified) -> None:
        heard.append(event)

    ground.events.subscribe(Notified, hear)
    events = Events()  # those of the command
    told = Notifications(clock=ground.clock, ids=IdMaker(ground.clock, 15), events=events)
    DecisionNews(events=events, notifications=told)
    NewsOfCommands(queue=ground.queue, events=events).hear()
    await ground.database.write(
        events.publish, warning(1, ami.account.id, "Please remember rule 2.")
    )
    assert heard == []
    (arguments,) = [row[0] for row in await ground.database.read(waiting, ANNOUNCE)]
    await whole.do_job(ANNOUNCE, **msgspec.json.decode(arguments))
    (told,) = await ami.get("/api/v1/notifications")
    (event,) = heard
    assert event.notification_id == int(told["id"])
    assert (event.account_id, event.kind, event.post_id) == (
        ami.account.id,
        "moderation_warning",
        None,
    )
