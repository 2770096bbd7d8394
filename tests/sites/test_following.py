"""Follows over borders: asked, accepted, rejected, taken back, blocked, moved."""

from __future__ import annotations

from tests.sites.person import Person
from tests.sites.remote_actor import RemoteHost
from tests.sites.site import Site
from tests.sites.waiting import until


def counts(person: Person, account: str) -> tuple[int, int]:
    """Followers and following, as somebody's site shows them."""
    found = person.get(f"/api/v1/accounts/{account}")
    return found["followers_count"], found["following_count"]


def test_follow_and_unfollow(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    account = bruno.follow(amina)
    follower = until(lambda: amina.get(f"/api/v1/accounts/{amina.id}/followers"))
    assert [item["acct"] for item in follower] == [bruno.handle]
    (notification,) = until(lambda: amina.notifications(types=["follow"]))
    assert notification["type"] == "follow"
    assert notification["account"]["acct"] == bruno.handle
    assert counts(amina, amina.id) == (1, 0)
    assert counts(bruno, bruno.id) == (0, 1)

    bruno.post(f"/api/v1/accounts/{account}/unfollow")
    assert not bruno.relationship(account)["following"]
    until(lambda: counts(amina, amina.id) == (0, 0), "the follow is taken back")
    assert counts(bruno, bruno.id) == (0, 0)


def test_locked_account_decides(lyon: Site, nantes: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), nantes.newcomer()
    amina.call("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    account = bruno.follow(amina, wait=False)
    assert bruno.relationship(account)["requested"]
    chloe.follow(amina, wait=False)
    requests = until(lambda: (r := amina.get("/api/v1/follow_requests")) and len(r) == 2 and r)
    assert {item["acct"] for item in requests} == {bruno.handle, chloe.handle}
    until(lambda: len(amina.notifications(types=["follow_request"])) == 2)
    by_name = {item["acct"]: item["id"] for item in requests}

    amina.post(f"/api/v1/follow_requests/{by_name[bruno.handle]}/authorize")
    until(lambda: bruno.relationship(account)["following"], "accepted")
    assert not bruno.relationship(account)["requested"]
    amina.post(f"/api/v1/follow_requests/{by_name[chloe.handle]}/reject")
    until(lambda: not chloe.relationship(account)["requested"], "rejected")
    assert not chloe.relationship(account)["following"]
    assert counts(amina, amina.id) == (1, 0)

    # A follower can be sent away later, too.
    amina.post(f"/api/v1/accounts/{by_name[bruno.handle]}/remove_from_followers")
    until(lambda: not bruno.relationship(account)["following"], "removed")
    assert counts(amina, amina.id) == (0, 0)


def test_request_is_withdrawn(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    amina.call("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    account = bruno.follow(amina, wait=False)
    until(lambda: len(amina.get("/api/v1/follow_requests")) == 1)
    bruno.post(f"/api/v1/accounts/{account}/unfollow")
    until(lambda: amina.get("/api/v1/follow_requests") == [], "withdrawn")
    assert not bruno.relationship(account)["requested"]


def test_block_ends_everything(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    at_nantes = bruno.follow(amina)
    at_lyon = amina.follow(bruno)
    before = amina.write("Before the block")
    bruno.arrived(before["uri"])

    amina.post(f"/api/v1/accounts/{at_lyon}/block")
    until(lambda: not bruno.relationship(at_nantes)["following"], "the follow ends")
    assert amina.relationship(at_lyon)["blocking"]
    assert not amina.relationship(at_lyon)["following"]
    until(lambda: bruno.relationship(at_nantes)["blocked_by"], "the Block arrives")

    after = amina.write("After the block")
    answer = bruno.answer("POST", f"/api/v1/accounts/{at_nantes}/follow")
    lyon.settled()
    nantes.settled()
    assert answer.status in {200, 403, 404}
    assert not bruno.relationship(at_nantes)["following"]
    assert bruno.sees(after["uri"]) is None
    bruno.write(f"@{amina.handle} do you read this?")
    nantes.settled()
    lyon.settled()
    assert amina.notifications(types=["mention"]) == []

    amina.post(f"/api/v1/accounts/{at_lyon}/unblock")
    until(lambda: not bruno.relationship(at_nantes)["blocked_by"], "unblocked")
    bruno.follow(amina)


def test_outsiders_always_need_approval(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    actor = outsider.actor(f"asks{amina.id}")
    follow = actor.activity("Follow", amina.uri)
    assert actor.send(lyon, follow).status == 202
    lyon.settled()
    (asking,) = amina.get("/api/v1/follow_requests")
    assert asking["acct"] == actor.handle
    assert not [s for s in outsider.posts("Accept") if follow["id"] in s.body.decode()]
    amina.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    accept = outsider.got("Accept", lambda found: follow["id"] in str(found))
    assert accept["actor"] == amina.uri
    # Asked again, it is accepted again, as if the answer had been lost.
    again = actor.activity("Follow", amina.uri)
    assert actor.send(lyon, again).status == 202
    outsider.got("Accept", lambda found: again["id"] in str(found))
    assert counts(amina, amina.id) == (1, 0)

    undo = actor.activity("Undo", again)
    assert actor.send(lyon, undo).status == 202
    until(lambda: counts(amina, amina.id) == (0, 0), "taken back")


def test_following_somebody_outside(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    actor = outsider.actor(f"famous{amina.id}")
    account = amina.follow(actor.handle, wait=False)
    follow = outsider.got("Follow", lambda found: found["object"] == actor.uri)
    assert follow["actor"] == amina.uri
    assert amina.relationship(account)["requested"]

    # Nobody but the one who was asked can accept.
    other = outsider.actor(f"other{amina.id}")
    assert other.send(lyon, other.activity("Accept", follow)).status == 202
    lyon.settled()
    assert not amina.relationship(account)["following"]
    # Many servers send only the id, or rebuild the Follow with another one.
    rebuilt = {key: follow[key] for key in ("type", "actor", "object")}
    assert actor.send(lyon, actor.activity("Accept", rebuilt)).status == 202
    until(lambda: amina.relationship(account)["following"], "accepted")

    note = actor.note("<p>Hello from outside</p>")
    assert actor.send(lyon, actor.create(note)).status == 202
    assert amina.arrived(note["id"])["content"] == "<p>Hello from outside</p>"

    # Reject after Accept removes the follower.
    assert actor.send(lyon, actor.activity("Reject", follow["id"])).status == 202
    until(lambda: not amina.relationship(account)["following"], "rejected")


def test_people_within_a_site(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    account = bruno.follow(amina)
    assert counts(amina, amina.id) == (1, 0)
    bruno.post(f"/api/v1/accounts/{account}/unfollow")
    assert counts(amina, amina.id) == (0, 0)


def test_move_takes_followers_along(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    """Within the network: from one member site to another, followed from a third and both."""
    old, new = lyon.newcomer(), nantes.newcomer()
    follower, neighbour = bruxelles.newcomer(), nantes.newcomer()
    at_bruxelles = follower.follow(old)
    neighbour.follow(old)
    old_at_nantes = new.find(f"@{old.handle}")
    new.post("/api/v1/accounts/aliases", uri=old_at_nantes["uri"])
    nantes.settled()
    old.post("/api/v1/accounts/move", acct=new.handle)
    account = follower.account_id(new)
    until(lambda: follower.relationship(account)["following"], "the follower has moved along")
    until(lambda: not follower.relationship(at_bruxelles)["following"], "and left the old one")
    until(lambda: neighbour.relationship(new.id)["following"], "the neighbour too")
    moved = follower.get(f"/api/v1/accounts/{at_bruxelles}")["moved"]
    assert moved["acct"] == new.handle
    assert counts(new, new.id)[0] == 2


def test_what_somebody_pinned_before_we_knew_them(lyon: Site, outsider: RemoteHost) -> None:
    amina, otto = lyon.newcomer(), outsider.newcomer()
    pinned = otto.note("<p>Pinned long ago</p>")
    address = f"{otto.uri}/collections/featured"
    otto.document["featured"] = address
    outsider.serve(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": address,
            "type": "OrderedCollection",
            "totalItems": 1,
            "orderedItems": [pinned],
        }
    )
    account = amina.account_id(otto.handle)
    path = f"/api/v1/accounts/{account}/statuses?pinned=true"
    amina.get(f"/api/v1/accounts/{account}")
    (found,) = until(lambda: amina.call("GET", path))
    assert found["uri"] == pinned["id"]
    assert amina.sees(pinned["id"]) is None
