"""How sites are found: WebFinger, host-meta, NodeInfo, actors and their collections."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, RemoteActor, RemoteHost
from tests.sites.remote_answers import ACTIVITY
from tests.sites.remote_signing import check_proof
from tests.sites.site import Site
from tests.sites.web import Answer, request

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.fixture
def amina(lyon: Site) -> Person:
    return lyon.newcomer()


def webfinger(site: Site, resource: str) -> Answer:
    url = f"{site.base_url}/.well-known/webfinger?resource={quote(resource, safe='')}"
    return request(url)


def link(document: dict[str, Any], rel: str) -> dict[str, Any]:
    return next(item for item in document["links"] if item["rel"] == rel)


def test_webfinger_of_a_person(lyon: Site, amina: Person) -> None:
    answers = [
        webfinger(lyon, f"acct:{amina.handle}"),
        webfinger(lyon, f"acct:{amina.username.upper()}@{lyon.domain}"),
        webfinger(lyon, amina.uri),
        webfinger(lyon, f"{lyon.base_url}/@{amina.username}"),
    ]
    for answer in answers:
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("application/jrd+json")
        assert answer.headers["access-control-allow-origin"] == "*"
        document = answer.json()
        assert document["subject"] == f"acct:{amina.handle}"
        assert link(document, "self") | {"rel": "self"} == {
            "rel": "self",
            "type": ACTIVITY,
            "href": amina.uri,
        }
        assert amina.uri in document["aliases"]
        assert "{uri}" in link(document, "http://ostatus.org/schema/1.0/subscribe")["template"]


def test_webfinger_of_the_site(lyon: Site) -> None:
    for resource in (f"acct:{lyon.peer}@{lyon.peer}", f"{lyon.base_url}/"):
        document = webfinger(lyon, resource).json()
        assert any(item.get("href") == f"{lyon.base_url}/actor" for item in document["links"])


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("acct:nobody-at-all@lyon.test", 404),
        ("acct:amina@elsewhere.test", 404),
        ("http://localhost:1/ap/u/1", 404),
        ("", 400),
        ("acct:", 400),
        ("acct:" + "x" * 5000 + "@lyon.test", 400),
        ("acct:a\0b@lyon.test", 400),
    ],
)
def test_webfinger_of_nobody(lyon: Site, resource: str, status: int) -> None:
    assert webfinger(lyon, resource).status in {status, 400, 404}
    assert webfinger(lyon, resource).status < 500


def test_host_meta_leads_to_webfinger(lyon: Site) -> None:
    answer = request(f"{lyon.base_url}/.well-known/host-meta")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/xrd+xml")
    assert f"{lyon.base_url}/.well-known/webfinger?resource={{uri}}" in answer.text


def test_nodeinfo(lyon: Site) -> None:
    document = request(f"{lyon.base_url}/.well-known/nodeinfo").json()
    namespace = "http://nodeinfo.diaspora.software/ns/schema/"
    for version in ("2.0", "2.1"):
        found = request(link(document, namespace + version)["href"])
        assert found.status == 200
        info = found.json()
        assert info["version"] == version
        assert info["software"]["name"] == "fedrse"
        assert info["protocols"] == ["activitypub"]
        assert info["services"] == {"inbound": [], "outbound": []}
        assert info["openRegistrations"] is False
        assert {"users", "localPosts"} <= set(info["usage"])
    instance = link(document, "https://www.w3.org/ns/activitystreams#Application")
    assert instance["href"] == f"{lyon.base_url}/actor"


def test_instance_actor_is_readable_by_everybody(lyon: Site) -> None:
    answer = request(f"{lyon.base_url}/actor", headers={"Accept": ACTIVITY})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(ACTIVITY)
    document = answer.json()
    assert document["type"] == "Application"
    assert document["id"] == f"{lyon.base_url}/actor"
    assert document["inbox"] == f"{lyon.base_url}/inbox"
    assert document["publicKey"]["owner"] == document["id"]
    names = {item["href"] for item in document["generator"]["implements"]}
    assert "https://datatracker.ietf.org/doc/html/rfc9421" in names


def test_actor_needs_a_signature(lyon: Site, amina: Person, reader: RemoteActor) -> None:
    unsigned = request(amina.uri, headers={"Accept": ACTIVITY})
    assert unsigned.status == 401
    assert unsigned.json()["error"]
    stranger = reader.host.world.host("stranger.test")
    assert stranger.actor("anybody").get(amina.uri).status == 403
    assert not stranger.seen, "the key of somebody who is not allowed was asked for"
    for scheme in ("cavage", "rfc9421-rsa", "rfc9421-ed25519"):
        answer = reader.get(amina.uri, scheme=scheme)
        assert answer.status == 200, answer
        varies = {name.strip().lower() for name in answer.headers["vary"].split(",")}
        assert {"accept", "signature", "signature-input"} <= varies
        assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize("accept", [ACTIVITY, LD, f"text/html;q=0.1, {ACTIVITY}"])
def test_actor_document(lyon: Site, amina: Person, reader: RemoteActor, accept: str) -> None:
    answer = reader.get(amina.uri, accept=accept)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith((ACTIVITY, "application/ld+json"))
    document = answer.json()
    assert document["id"] == amina.uri
    assert document["type"] == "Person"
    assert document["preferredUsername"] == amina.username
    assert document["webfinger"] == amina.handle
    assert document["url"] == f"{lyon.base_url}/@{amina.username}"
    assert document["endpoints"]["sharedInbox"] == f"{lyon.base_url}/inbox"
    assert document["manuallyApprovesFollowers"] is False
    assert isinstance(document["publicKey"], dict)
    assert document["publicKey"]["id"].startswith(amina.uri)
    assert document["publicKey"]["owner"] == amina.uri
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    (multikey,) = document["assertionMethod"]
    assert multikey["type"] == "Multikey"
    assert multikey["controller"] == amina.uri
    assert multikey["publicKeyMultibase"].startswith("z6Mk")
    assert amina.username not in amina.uri, "ids are opaque"
    for collection in ("inbox", "outbox", "followers", "following", "featured", "featuredTags"):
        assert document[collection].startswith(amina.uri)


def test_pages_and_documents_share_an_address(amina: Person) -> None:
    page = request(amina.uri, headers={"Accept": "text/html"})
    assert page.status in {200, 302, 303, 401, 403}
    assert "application/" not in page.headers.get("content-type", "")
    kept_by_nobody = "no-store" in page.headers["cache-control"]
    assert kept_by_nobody or "accept" in page.headers["vary"].lower()


def walk(reader: RemoteActor, uri: str) -> tuple[dict[str, Any], list[Any]]:
    """A collection and its items, over all pages."""
    answer = reader.get(uri)
    assert answer.status == 200, (uri, answer)
    collection = answer.json()
    assert collection["id"] == uri
    assert collection["type"] in {"Collection", "OrderedCollection"}
    items = collection.get("orderedItems") or collection.get("items") or []
    following = collection.get("first")
    while following:
        page = reader.get(following).json() if isinstance(following, str) else following
        assert page["partOf"] == uri
        items = items + (page.get("orderedItems") or page.get("items") or [])
        following = page.get("next")
    return collection, items


def test_collections(lyon: Site, amina: Person, reader: RemoteActor, outsider: RemoteHost) -> None:
    colleague = lyon.newcomer()
    colleague.follow(amina)
    written = [amina.write(f"Number {number}", audience="public") for number in range(3)]
    hidden = amina.write("For the network only", audience="network")
    document = reader.get(amina.uri).json()

    collection, items = walk(reader, document["outbox"])
    assert collection["type"] == "OrderedCollection"
    ids = [item["object"]["id"] if isinstance(item, dict) else item for item in items]
    assert all(status["uri"] in str(ids) for status in written)
    assert hidden["uri"] not in str(items)

    collection, _ = walk(reader, document["followers"])
    assert collection["totalItems"] == 1
    collection, _ = walk(reader, document["following"])
    assert collection["totalItems"] == 0
    _, items = walk(reader, document["featured"])
    assert items == []
    walk(reader, document["featuredTags"])
    assert request(document["outbox"], headers={"Accept": ACTIVITY}).status == 401


def test_post_document(lyon: Site, amina: Person, reader: RemoteActor) -> None:
    colleague = lyon.newcomer()
    status = amina.write("Hello #worldwide", audience="public", language="en")
    colleague.on(status, "favourite")
    colleague.on(status, "reblog")
    colleague.write("An answer", in_reply_to_id=status["id"], audience="public")
    lyon.settled()
    document = reader.get(status["uri"]).json()
    assert document["type"] == "Note"
    assert document["attributedTo"] == amina.uri
    assert PUBLIC in document["to"]
    assert document["contentMap"] == {"en": document["content"]}
    (tag,) = [tag for tag in document["tag"] if tag["type"] == "Hashtag"]
    assert tag["name"].lower() == "#worldwide"
    for name, total in (("likes", 1), ("shares", 1), ("replies", 1)):
        collection = document[name]
        if isinstance(collection, str):
            collection, _ = walk(reader, collection)
        assert collection["totalItems"] == total, name


def test_public_posts_carry_a_proof(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    follower = outsider.actor(f"prover{amina.id}")
    follow = follower.activity("Follow", amina.uri)
    assert follower.send(lyon, follow).status == 202
    lyon.settled()
    (asking,) = amina.get("/api/v1/follow_requests")
    amina.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    outsider.got("Accept", lambda accept: follow["id"] in str(accept))
    status = amina.write("Proved", audience="public")
    create = outsider.got("Create", lambda found: found["object"]["id"] == status["uri"])
    assert create["actor"] == amina.uri
    owner = check_proof(create["object"], outsider.key) if "proof" in create["object"] else ""
    owner = owner or check_proof(create, outsider.key)
    assert owner.startswith(amina.uri)


def test_requests_that_are_no_questions(lyon: Site, amina: Person, reader: RemoteActor) -> None:
    for path in ("/ap/u/1", "/ap/u/x", "/ap/n/99999999999999999999", "/ap/z/1", "/ap/u/1/outbox"):
        answer = reader.get(lyon.base_url + path)
        assert answer.status in {400, 404}, (path, answer)
    assert reader.get(f"{amina.uri}?page=%00").status < 500
    assert reader.get(f"{amina.uri}/outbox?page=true&max_id=zzz").status < 500
