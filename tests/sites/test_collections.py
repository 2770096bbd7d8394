"""Collections of people over borders (FEP-7aa9): asked, agreed, shown, left, taken back."""

from __future__ import annotations

from typing import Any

from tests.sites.person import Person
from tests.sites.remote_actor import AS, PUBLIC, RemoteActor, RemoteHost
from tests.sites.site import Site
from tests.sites.waiting import until

BASE = "/api/v1/collections"
FEP = "https://w3id.org/fep/7aa9"


def make(owner: Person, *people: str, **options: object) -> dict[str, Any]:
    made = owner.post(BASE, **{"name": "Good people", "account_ids": list(people), **options})
    return dict(made["collection"])


def items(reader: Person, collection: str) -> dict[str, str]:
    """State by account, as somebody's site shows it."""
    found = reader.get(f"{BASE}/{collection}")["collection"]["items"]
    return {item["account_id"]: item["state"] for item in found}


def copy(reader: Person, owner: str, name: str) -> dict[str, Any]:
    """A collection of somebody as a reader finds it on their profile."""

    def find() -> dict[str, Any] | None:
        found = reader.get(f"/api/v1/{owner}/collections")["collections"]
        return next((one for one in found if one["name"] == name), None)

    found = until(find, f"{name} at {reader.handle}")
    assert found is not None
    return found


def told(person: Person, kind: str) -> list[dict[str, Any]]:
    return person.notifications(types=[kind])


def test_colleague_of_another_site_agrees(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    chloe.follow(amina)
    at_lyon = amina.account_id(bruno)
    approval = amina.get(f"/api/v1/accounts/{at_lyon}")["feature_approval"]
    assert approval == {
        "automatic": ["unsupported_policy"],
        "manual": [],
        "current_user": "automatic",
    }
    made = make(amina, amina.id, description="Ask <them>", tag_name="Help", language="en")
    item = amina.post(f"{BASE}/{made['id']}/items", account_id=at_lyon)["collection_item"]
    assert item["state"] in {"pending", "accepted"}
    until(lambda: items(amina, made["id"]).get(at_lyon) == "accepted", "Bruno's site agrees")

    # Bruno is told, with the collection as his site knows it.
    (news,) = until(lambda: told(bruno, "added_to_collection"))
    assert news["account"]["acct"] == amina.handle
    assert (news["collection"]["name"], news["collection"]["local"]) == ("Good people", False)
    assert news["collection"]["uri"] == made["uri"]
    (mine,) = bruno.get(f"/api/v1/{bruno.id}/in_collections")["collections"]
    assert (mine["description"], mine["tag"]["name"]) == ("Ask &lt;them&gt;", "Help")

    # A third site shows it, with everybody in it, once it has read that they agreed.
    owner = chloe.account_id(amina)
    shown = copy(chloe, owner, "Good people")
    until(lambda: len(items(chloe, shown["id"])) == 2, "both are shown at the third site")
    seen = chloe.get(f"{BASE}/{shown['id']}")
    assert {one["acct"] for one in seen["accounts"]} == {amina.handle, bruno.handle}
    assert (shown["url"], shown["language"]) == (made["url"], "en")

    # What changes is told.
    amina.call("PATCH", f"{BASE}/{made['id']}", {"name": "Helpers"})
    (update,) = until(lambda: told(bruno, "collection_update"))
    assert update["collection"]["name"] == "Helpers"
    until(lambda: chloe.get(f"{BASE}/{shown['id']}")["collection"]["name"] == "Helpers")

    # Bruno leaves: nobody shows him any more, and he hears no more of it.
    (place,) = [one for one in mine["items"] if one["account_id"] == bruno.id]
    bruno.post(f"{BASE}/{mine['id']}/items/{place['id']}/revoke")
    assert told(bruno, "added_to_collection") == []
    until(lambda: at_lyon not in items(amina, made["id"]), "gone at Lyon")
    until(lambda: len(items(chloe, shown["id"])) == 1, "gone at Bruxelles")

    amina.call("DELETE", f"{BASE}/{made['id']}")
    until(lambda: chloe.answer("GET", f"{BASE}/{shown['id']}").status == 404, "deleted")
    until(lambda: bruno.answer("GET", f"{BASE}/{mine['id']}").status == 404, "deleted")


def test_owner_takes_out_and_hides(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    at_lyon = amina.account_id(bruno)
    made = make(amina, at_lyon, name="Hidden", discoverable=False)
    until(lambda: told(bruno, "added_to_collection"))
    lyon.settled()
    bruxelles.settled()
    owner = chloe.account_id(amina)
    assert chloe.get(f"/api/v1/{owner}/collections")["collections"] == []
    amina.call("PATCH", f"{BASE}/{made['id']}", {"discoverable": True, "name": "Shown"})
    shown = copy(chloe, owner, "Shown")
    until(lambda: len(items(chloe, shown["id"])) == 1)
    (item,) = amina.get(f"{BASE}/{made['id']}")["collection"]["items"]
    amina.call("DELETE", f"{BASE}/{made['id']}/items/{item['id']}")
    until(lambda: items(chloe, shown["id"]) == {}, "taken out at the third site")
    until(lambda: told(bruno, "added_to_collection") == [], "and at Bruno's")
    amina.call("PATCH", f"{BASE}/{made['id']}", {"discoverable": False})
    until(lambda: chloe.answer("GET", f"{BASE}/{shown['id']}").status == 404, "hidden again")


def test_whoever_keeps_away_is_not_put_in(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    at_lyon, at_nantes = amina.account_id(bruno), bruno.account_id(amina)
    bruno.post(f"/api/v1/accounts/{at_nantes}/block")
    until(lambda: amina.relationship(at_lyon)["blocked_by"])
    answer = amina.answer("POST", BASE, {"name": "x", "account_ids": [at_lyon]})
    assert answer.status == 422
    # Of a domain that somebody blocks other sites hear nothing: its site refuses.
    other = nantes.newcomer()
    other.post("/api/v1/domain_blocks", domain=lyon.peer)
    other.post("/api/v1/domain_blocks", domain=lyon.domain)
    account = amina.account_id(other)
    made = make(amina, account)
    until(lambda: items(amina, made["id"]) == {}, "refused")
    assert told(other, "added_to_collection") == []


def test_posts_show_the_collections_they_link_to(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    made = make(amina, amina.id, name="Linked")
    post = amina.write(f"Look: {made['url']}")
    assert [one["id"] for one in post["tagged_collections"]] == [made["id"]]
    arrived = bruno.arrived(post["uri"])
    until(lambda: bruno.status(arrived["id"])["tagged_collections"], "linked at the other site")
    (linked,) = bruno.status(arrived["id"])["tagged_collections"]
    assert (linked["uri"], linked["local"]) == (made["uri"], False)
    until(lambda: bruno.status(arrived["id"])["tagged_collections"][0]["item_count"] == 1)
    amina.call("PATCH", f"{BASE}/{made['id']}", {"name": "Renamed"})
    assert amina.status(post["id"])["tagged_collections"][0]["name"] == "Renamed"
    until(lambda: bruno.status(arrived["id"])["tagged_collections"][0]["name"] == "Renamed")
    plain = amina.write("No link")
    assert plain["tagged_collections"] == []
    amina.call("PUT", f"/api/v1/statuses/{post['id']}", {"status": "Nothing to see"})
    assert amina.status(post["id"])["tagged_collections"] == []
    amina.call("DELETE", f"{BASE}/{made['id']}")


# Mastodon 4.6, by the documents and messages that it sends


def featuring(host: RemoteHost, name: str, *, agrees: bool = True) -> RemoteActor:
    """Somebody on a server that knows collections."""
    actor = host.newcomer(name)
    allowed = [PUBLIC] if agrees else [actor.uri]
    actor.document["interactionPolicy"] = {"canFeature": {"automaticApproval": allowed}}
    actor.document["featuredCollections"] = f"{actor.uri}/collections"
    return actor


def their_collection(actor: RemoteActor, **extra: Any) -> dict[str, Any]:
    host = actor.host
    made = {
        "@context": [AS, FEP],
        "id": host.new_uri("collections"),
        "type": "FeaturedCollection",
        "attributedTo": actor.uri,
        "name": "Their people",
        "summaryMap": {"fr": "<p>Des gens</p>"},
        "url": f"{host.origin}/collections/{actor.name}",
        "sensitive": False,
        "discoverable": True,
        "totalItems": 0,
        "orderedItems": [],
        **extra,
    }
    host.serve(made)
    return made


def their_item(collection: dict[str, Any], actor: RemoteActor, **extra: Any) -> dict[str, Any]:
    """Somebody who agreed, with the stamp that says so."""
    stamp = {
        "@context": [AS, FEP],
        "id": actor.host.new_uri("stamps"),
        "type": "FeatureAuthorization",
        "interactingObject": collection["id"],
        "interactionTarget": actor.uri,
        **extra,
    }
    actor.host.serve(stamp)
    return {
        "id": actor.host.new_uri("items"),
        "type": "FeaturedItem",
        "featuredObject": actor.uri,
        "featuredObjectType": "Person",
        "featureAuthorization": stamp["id"],
    }


def test_person_of_mastodon_agrees_and_leaves(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    zoe, shy, old = (
        featuring(outsider, "zoe"),
        featuring(outsider, "shy", agrees=False),
        outsider.newcomer("old"),
    )
    account = amina.account_id(zoe.handle)
    rights = {
        actor: amina.find(f"@{actor.handle}")["feature_approval"]["current_user"]
        for actor in (zoe, shy, old)
    }
    assert rights == {zoe: "automatic", shy: "denied", old: "missing"}
    for actor in (shy, old):
        body = {"name": "x", "account_ids": [amina.account_id(actor.handle)]}
        assert amina.answer("POST", BASE, body).status == 422
    made = make(amina, account)
    asked = outsider.got("FeatureRequest", lambda found: found["object"] == zoe.uri)
    assert (asked["actor"], asked["instrument"]) == (amina.uri, made["uri"])
    assert items(amina, made["id"]) == {account: "pending"}
    document = zoe.get(asked["instrument"]).json()
    assert (document["type"], document["orderedItems"]) == ("FeaturedCollection", [])
    assert document["attributedTo"] == amina.uri
    # Nobody else can agree for her; then Mastodon names our request by its id only.
    stamp = f"{zoe.uri}/stamps/1"
    shy.send(lyon, shy.activity("Accept", asked["id"], result=f"{shy.uri}/stamps/1"))
    lyon.settled()
    assert items(amina, made["id"]) == {account: "pending"}
    zoe.send(lyon, zoe.activity("Accept", asked["id"], result=stamp))
    until(lambda: items(amina, made["id"]) == {account: "accepted"})
    (item,) = zoe.get(made["uri"]).json()["orderedItems"]
    assert (item["featuredObject"], item["featureAuthorization"]) == (zoe.uri, stamp)
    # She takes it back, as Mastodon does.
    gone = {"id": stamp, "type": "FeatureAuthorization", "interactionTarget": zoe.uri}
    shy.send(lyon, shy.activity("Delete", gone))
    lyon.settled()
    assert items(amina, made["id"]) == {account: "accepted"}
    zoe.send(lyon, zoe.activity("Delete", gone))
    until(lambda: items(amina, made["id"]) == {}, "taken back")
    amina.call("DELETE", f"{BASE}/{made['id']}")


def test_mastodon_refuses(lyon: Site, outsider: RemoteHost) -> None:
    amina, zoe = lyon.newcomer(), featuring(outsider, "zoe")
    account = amina.account_id(zoe.handle)
    made = make(amina, account)
    asked = outsider.got("FeatureRequest", lambda found: found["object"] == zoe.uri)
    zoe.send(lyon, zoe.activity("Reject", asked))
    until(lambda: items(amina, made["id"]) == {}, "refused")


def test_mastodon_asks_people_of_this_site(lyon: Site, outsider: RemoteHost) -> None:
    amina, shy = lyon.newcomers(2)
    amina.call("PATCH", "/api/v1/accounts/update_credentials", {"discoverable": True})
    zoe = featuring(outsider, "zoe")
    policies = [zoe.get(who.uri).json()["interactionPolicy"]["canFeature"] for who in (amina, shy)]
    assert policies[0] == {"automaticApproval": [PUBLIC]}
    assert policies[1] == {"automaticApproval": [f"{lyon.base_url}/actor/members"]}
    theirs = their_collection(zoe)
    request = zoe.activity("FeatureRequest", amina.uri, instrument=theirs["id"])
    assert zoe.send(lyon, request).status == 202
    accept = outsider.got("Accept", lambda found: request["id"] in str(found["object"]))
    assert accept["actor"] == amina.uri
    stamp = zoe.get(accept["result"]).json()
    assert (stamp["type"], stamp["interactionTarget"]) == ("FeatureAuthorization", amina.uri)
    assert stamp["interactingObject"] == theirs["id"]
    (news,) = until(lambda: told(amina, "added_to_collection"))
    assert news["collection"]["description"] == "Des gens"

    # Who does not want to be found is not shown by strangers.
    refused = zoe.activity("FeatureRequest", shy.uri, instrument=theirs["id"])
    zoe.send(lyon, refused)
    outsider.got("Reject", lambda found: refused["id"] in str(found["object"]))

    (mine,) = amina.get(f"/api/v1/{amina.id}/in_collections")["collections"]
    (place,) = mine["items"]
    # The owner's document names her item; one that nobody agreed to changes nothing.
    item = {
        "id": outsider.new_uri("items"),
        "type": "FeaturedItem",
        "featuredObject": amina.uri,
        "featureAuthorization": accept["result"],
    }
    forged = {**item, "id": outsider.new_uri("items"), "featuredObject": shy.uri}
    for one in (item, forged):
        zoe.send(lyon, zoe.activity("Add", one, target=theirs["id"]))
    lyon.settled()
    assert amina.get(f"/api/v1/{shy.id}/in_collections")["collections"] == []
    amina.post(f"{BASE}/{mine['id']}/items/{place['id']}/revoke")
    gone = outsider.got("Delete", lambda found: accept["result"] in str(found["object"]))
    assert gone["object"]["type"] == "FeatureAuthorization"
    assert zoe.get(accept["result"]).status == 404


def test_copies_show_only_who_agreed(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    zoe, yann = featuring(outsider, "zoe"), outsider.newcomer("yann")
    others = [outsider.newcomer("other") for _ in range(3)]
    theirs = their_collection(zoe)
    good = their_item(theirs, yann)
    listed = [
        good,
        their_item(theirs, others[0], interactingObject=outsider.new_uri("collections")),
        their_item(theirs, others[1], interactionTarget=yann.uri),
        their_item(theirs, others[2]) | {"featureAuthorization": outsider.new_uri("nowhere")},
        {"type": "FeaturedItem"},
        "https://elsewhere.example/1",
        7,
    ]
    theirs["orderedItems"] = listed
    page = {
        "@context": AS,
        "id": f"{zoe.uri}/collections",
        "type": "OrderedCollection",
        "orderedItems": [theirs],
    }
    outsider.serve(page)
    owner = amina.account_id(zoe.handle)
    shown = copy(amina, owner, "Their people")
    account = amina.account_id(yann.handle)
    until(lambda: items(amina, shown["id"]) == {account: "accepted"}, "only who agreed")
    lyon.settled()
    assert items(amina, shown["id"]) == {account: "accepted"}
    # Only the owner changes it.
    changed = {**theirs, "name": "Changed", "orderedItems": [good]}
    yann.send(lyon, yann.activity("Update", changed))
    yann.send(lyon, yann.activity("Remove", theirs["id"], target=page["id"]))
    lyon.settled()
    assert amina.get(f"{BASE}/{shown['id']}")["collection"]["name"] == "Their people"
    zoe.send(lyon, zoe.activity("Update", changed))
    until(lambda: amina.get(f"{BASE}/{shown['id']}")["collection"]["name"] == "Changed")
    zoe.send(lyon, zoe.activity("Remove", good["id"], target=theirs["id"]))
    until(lambda: items(amina, shown["id"]) == {}, "taken out")
    zoe.send(lyon, zoe.activity("Remove", theirs["id"], target=page["id"]))
    until(lambda: amina.answer("GET", f"{BASE}/{shown['id']}").status == 404, "gone")
