"""Hostile messages, part 2: rightly signed, but by somebody who has no right to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sites.harness import until
from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import AS, CONTEXT, PUBLIC, Json, RemoteActor
from tests.sites.remote_signing import add_proof
from tests.sites.web import Answer

attack = Table()
IGNORED = (202, 400, 401, 403)  # what is taken in and has no effect is fine, too
FORGED = "<p>Forged</p>"


def attackers(stage: Stage) -> list[RemoteActor]:
    """Somebody of another host, and a neighbour on the host of the victim."""
    return [stage.mallory, stage.neighbour]


def by_both(stage: Stage, make: Callable[[RemoteActor], Json]) -> list[Answer]:
    return [actor.send(stage.site, make(actor)) for actor in attackers(stage)]


# Who signs and who acts


@attack(401, 403, lesson="Forgejo CVE-2026-90679: the signing key is bound to the actor")
def actor_is_not_the_signer(stage: Stage) -> list[Answer]:
    victim = stage.friend.activity("Like", stage.poll["uri"])
    return [
        stage.send(victim),
        stage.neighbour.send(stage.site, victim),
        stage.send(victim, scheme="rfc9421-ed25519"),
    ]


@attack(401, 403)
def actors_in_a_list(stage: Stage) -> list[Answer]:
    like = stage.mallory.activity("Like", stage.poll["uri"])
    return [
        stage.send(like | {"actor": [stage.friend.uri, stage.mallory.uri]}),
        stage.send(like | {"actor": {"id": stage.friend.uri, "type": "Person"}}),
    ]


@attack(401, 403)
def actor_embedded_with_a_key(stage: Stage) -> Answer:
    actor = stage.friend.document | {"publicKey": stage.mallory.rsa.document}
    return stage.send(stage.mallory.activity("Like", stage.poll["uri"]) | {"actor": actor})


@attack(403, lesson="Mastodon CVE-2026-33869: ids can be squatted")
def activity_ids_of_others(stage: Stage) -> list[Answer]:
    ids = (
        stage.good.new_uri("activities"),
        f"{stage.site.base_url}/ap/a/1",
        "http://evil.test.good.test/1",
        "http://evil.test:81/1",
        "https://evil.test/1",
    )
    like = stage.mallory.activity("Like", stage.poll["uri"])
    return [stage.send(like | {"id": identifier}) for identifier in ids]


@attack(401, 403)
def acting_as_a_local_person(stage: Stage) -> Answer:
    like = stage.mallory.activity("Like", stage.known["id"])
    return stage.send(like | {"actor": stage.alice.uri, "id": f"{stage.alice.uri}#x"})


@attack(401, 403)
def acting_as_the_site(stage: Stage) -> Answer:
    actor = f"{stage.site.base_url}/actor"
    like = stage.mallory.activity("Like", stage.known["id"])
    return stage.send(like | {"actor": actor, "id": f"{actor}#x"})


# Posts


@attack(*IGNORED, lesson="Mastodon CVE-2024-23832: an id is only a claim")
def posts_of_others(stage: Stage) -> list[Answer]:
    """Create of something that the friend is said to have written."""
    answers = []
    for actor in attackers(stage):
        for identifier in (stage.evil.new_uri("n"), stage.good.new_uri("n"), stage.known["id"]):
            note = stage.known | {"id": identifier, "content": FORGED}
            answers.append(actor.send(stage.site, actor.create(note)))
    return answers


@attack(*IGNORED)
def ones_own_post_under_another_origin(stage: Stage) -> list[Answer]:
    answers = []
    for identifier in (
        stage.good.new_uri("n"),
        f"{stage.site.base_url}/ap/n/4711",
        stage.public["uri"],
        stage.private["uri"],
    ):
        note = stage.mallory.note(FORGED) | {"id": identifier}
        answers.append(stage.send(stage.mallory.create(note)))
    return answers


@attack(*IGNORED, lesson="Mastodon CVE-2024-37903: nobody else widens an audience")
def known_post_with_a_wider_audience(stage: Stage) -> list[Answer]:
    note = stage.known | {"to": [PUBLIC], "cc": [], "content": FORGED}
    return by_both(stage, lambda actor: actor.create(note) | {"id": f"{actor.uri}#w"})


@attack(*IGNORED, lesson="PeerTube CVE-2026-73090, Nextcloud Social 2225: the owner must match")
def updates_of_the_posts_of_others(stage: Stage) -> list[Answer]:
    answers = []
    later = "2099-01-01T00:00:00Z"
    for actor in attackers(stage):
        note = stage.known | {"content": FORGED, "updated": later}
        answers += [
            actor.send(stage.site, actor.activity("Update", note)),
            actor.send(stage.site, actor.activity("Update", note | {"attributedTo": actor.uri})),
            actor.send(stage.site, actor.activity("Update", {**note, "id": stage.public["uri"]})),
        ]
    return answers


@attack(*IGNORED)
def deletes_of_the_posts_of_others(stage: Stage) -> list[Answer]:
    answers = []
    for uri in (stage.known["id"], stage.public["uri"], stage.poll["uri"]):
        for target in (uri, {"id": uri, "type": "Tombstone"}, stage.known | {"id": uri}):
            delete = stage.mallory.activity("Delete", target)
            answers.append(stage.send(delete))
    return answers


@attack(*IGNORED, lesson="Misskey issue 8529: no like or boost of what one cannot see")
def interactions_with_what_one_cannot_see(stage: Stage) -> list[Answer]:
    target = stage.private["uri"]
    return [
        stage.send(stage.mallory.activity("Like", target)),
        stage.send(stage.mallory.activity("EmojiReact", target, content="🎉")),
        stage.send(stage.mallory.activity("Announce", target, to=[PUBLIC])),
    ]


@attack(*IGNORED)
def announce_of_a_forged_activity(stage: Stage) -> list[Answer]:
    note = stage.friend.note(FORGED)
    del stage.good.documents[note["id"].removeprefix(stage.good.origin)]
    inner = stage.friend.create(note)
    like = stage.friend.activity("Like", stage.poll["uri"])
    undo = stage.friend.activity("Undo", stage.like)
    return [
        stage.send(stage.mallory.activity("Announce", wrapped, to=[PUBLIC]))
        for wrapped in (inner, like, undo, [inner, like])
    ]


# Profiles


@attack(*IGNORED)
def updates_of_the_profiles_of_others(stage: Stage) -> list[Answer]:
    victims = (stage.friend.document, {"id": stage.alice.uri, "type": "Person"})
    answers = []
    for actor in attackers(stage):
        for victim in victims:
            changed = victim | {"name": "Forged", "publicKey": stage.mallory.rsa.document}
            answers.append(actor.send(stage.site, actor.activity("Update", changed)))
    return answers


@attack(*IGNORED)
def deletes_of_the_profiles_of_others(stage: Stage) -> list[Answer]:
    answers = []
    for actor in attackers(stage):
        for uri in (stage.friend.uri, stage.alice.uri, f"{stage.site.base_url}/actor"):
            answers += [
                actor.send(stage.site, actor.activity("Delete", uri)),
                actor.send(stage.site, actor.activity("Delete", {"id": uri, "type": "Person"})),
            ]
    return answers


@attack(*IGNORED)
def moves_without_a_right(stage: Stage) -> list[Answer]:
    """Of somebody else, and to somebody who does not name the old account."""
    moves = (
        stage.mallory.activity("Move", stage.friend.uri, target=stage.mallory.uri),
        stage.mallory.activity("Move", stage.mallory.uri, target=stage.alice.uri),
        stage.neighbour.activity("Move", stage.friend.uri, target=stage.neighbour.uri),
    )
    answers = [stage.send(move) for move in moves[:2]]
    answers.append(stage.neighbour.send(stage.site, moves[2]))
    unclaimed = stage.friend.activity("Move", stage.friend.uri, target=stage.mallory.uri)
    answers.append(stage.friend.send(stage.site, unclaimed))
    return answers


# Relations


@attack(*IGNORED, lesson="Discourse ActivityPub 328, Pixelfed CVE-2025-30741")
def accepts_of_what_was_never_asked(stage: Stage) -> list[Answer]:
    follow = {
        "id": f"{stage.site.base_url}/ap/f/4711",
        "type": "Follow",
        "actor": stage.alice.uri,
        "object": stage.mallory.uri,
    }
    return [
        stage.send(stage.mallory.activity("Accept", follow)),
        stage.send(stage.mallory.activity("Accept", follow["id"])),
    ]


@attack(*IGNORED, lesson="Pixelfed CVE-2025-30741: a follow exists only after its Accept")
def accepts_and_rejects_in_the_name_of_others(stage: Stage) -> list[Answer]:
    answers = []
    for kind in ("Accept", "Reject"):
        for target in (stage.pending, stage.pending["id"]):
            answers.append(stage.send(stage.mallory.activity(kind, target)))
            friend = stage.friend.activity(kind, target)
            answers.append(stage.friend.send(stage.site, friend))
    return answers


@attack(*IGNORED)
def undoing_what_others_did(stage: Stage) -> list[Answer]:
    answers = []
    for target in (stage.follow, stage.follow["id"], stage.like, stage.like["id"]):
        answers += by_both(stage, lambda actor, target=target: actor.activity("Undo", target))
    return answers


@attack(*IGNORED)
def follows_and_blocks_in_the_name_of_others(stage: Stage) -> list[Answer]:
    answers = []
    for kind in ("Follow", "Block"):
        forged = stage.mallory.activity(kind, stage.bob.uri)
        answers += [
            stage.send(forged | {"actor": stage.friend.uri}),
            stage.neighbour.send(
                stage.site, stage.neighbour.activity(kind, stage.bob.uri, actor=stage.friend.uri)
            ),
        ]
    return answers


@attack(*IGNORED)
def collections_of_others(stage: Stage) -> list[Answer]:
    featured = f"{stage.friend.uri}/featured"
    answers = []
    for kind in ("Add", "Remove"):
        for target in (featured, f"{stage.alice.uri}/featured", f"{stage.alice.uri}/followers"):
            for thing in (stage.known["id"], stage.public["uri"]):
                add = stage.mallory.activity(kind, thing, target=target)
                answers.append(stage.send(add))
    return answers


@attack(*IGNORED)
def reports_in_the_name_of_others(stage: Stage) -> Answer:
    flag = stage.mallory.activity("Flag", [stage.bob.uri], content="bad")
    return stage.send(flag | {"actor": stage.friend.uri})


@attack(*IGNORED)
def follower_lists_that_are_not_ours(stage: Stage) -> list[Answer]:
    """FEP-8fcf: the url must be of the actor's host; internal ones are not even looked at."""
    like = stage.mallory.activity("Like", stage.private["uri"])
    collection = stage.mallory.followers
    answers = []
    for url in (stage.canary.addresses()[0], f"{stage.good.origin}/followers"):
        text = f'collectionId="{collection}", url="{url}", digest="{"0" * 64}"'
        header = {"Collection-Synchronization": text}
        answers.append(stage.send(like, headers=header))
    text = f'collectionId="{stage.friend.followers}", url="{collection}", digest="{"0" * 64}"'
    answers.append(stage.send(like, headers={"Collection-Synchronization": text}))
    answers.append(stage.send(like, headers={"Collection-Synchronization": "=" * 5000}))
    return answers


# Polls


def vote(actor: RemoteActor, stage: Stage, name: str, **extra: Any) -> Json:
    note = {
        "id": actor.host.new_uri("votes"),
        "type": "Note",
        "name": name,
        "attributedTo": actor.uri,
        "to": [stage.alice.uri],
        "inReplyTo": stage.poll["uri"],
        **extra,
    }
    return actor.activity("Create", note, to=[stage.alice.uri])


@attack(*IGNORED)
def votes_that_do_not_count(stage: Stage) -> list[Answer]:
    return [
        stage.send(vote(stage.mallory, stage, "Beer")),
        stage.send(vote(stage.mallory, stage, "Tea", attributedTo=stage.friend.uri)),
        stage.send(vote(stage.mallory, stage, "Tea", inReplyTo=stage.private["uri"])),
        stage.send(vote(stage.mallory, stage, "Tea", inReplyTo=stage.known["id"])),
    ]


@attack(*IGNORED)
def results_told_by_others(stage: Stage) -> list[Answer]:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 99}}
        for name in ("Tea", "Coffee")
    ]
    question = {
        "id": stage.poll["uri"],
        "type": "Question",
        "attributedTo": stage.alice.uri,
        "oneOf": options,
        "votersCount": 198,
    }
    return by_both(
        stage, lambda actor: actor.activity("Update", question | {"attributedTo": actor.uri})
    )


# Proofs


def forwarded(stage: Stage, activity: Json) -> Answer:
    """The friend's activity, delivered by mallory."""
    return stage.send(activity)


@attack(401, 403)
def proofs_that_do_not_prove(stage: Stage) -> list[Answer]:
    like = stage.friend.activity("Like", stage.poll["uri"])
    proved = add_proof(like, stage.friend.ed25519)
    old = add_proof(like, stage.friend.ed25519, "2020-01-01T00:00:00Z")
    future = add_proof(like, stage.friend.ed25519, "2099-01-01T00:00:00Z")
    forged = (
        add_proof(like, stage.mallory.ed25519),
        proved | {"object": stage.private["uri"]},
        proved | {"type": "Announce"},
        proved | {"proof": proved["proof"] | {"verificationMethod": stage.mallory.ed25519.id}},
        proved | {"proof": proved["proof"] | {"proofPurpose": "authentication"}},
        proved | {"proof": proved["proof"] | {"cryptosuite": "none"}},
        proved | {"proof": {}},
        proved | {"proof": None},
        old,
        future,
    )
    return [forwarded(stage, activity) for activity in forged]


@attack(401, 403, lesson="Mastodon CVE-2022-24307, CVE-2026-46349, Misskey CVE-2026-46713")
def signed_linked_data(stage: Stage) -> list[Answer]:
    like = stage.friend.activity("Like", stage.poll["uri"])
    signature = {
        "type": "RsaSignature2017",
        "creator": stage.friend.rsa.id,
        "created": "2026-01-15T09:00:00Z",
        "signatureValue": "AAAA",
    }
    return [
        forwarded(stage, like | {"signature": signature}),
        forwarded(stage, {**like, "signature": signature, "@graph": [like]}),
    ]


@attack(*IGNORED, lesson="Fedify GHSA-9rfg-v8g9-9367: @graph, @reverse, @included re-arrange")
def rearranged_documents(stage: Stage) -> list[Answer]:
    inner = stage.friend.activity("Like", stage.poll["uri"])
    outer = {"@context": CONTEXT, "id": stage.evil.new_uri("a"), "actor": stage.mallory.uri}
    return [
        stage.send({**outer, "@graph": [inner]}),
        stage.send({**outer, "type": "Arrive", "@included": [inner]}),
        stage.send({**outer, "type": "Arrive", "@reverse": {"actor": inner}}),
        stage.send({"@context": [AS, {"likes": "as:actor"}], **outer, "type": "Arrive"}),
    ]


# Blocked hosts


@attack(400, 403, 422, lesson="Mastodon CVE-2026-23961: a suspension holds everywhere")
def blocked_hosts_and_their_names(stage: Stage) -> list[Answer]:
    """Subdomains, capitals and a dot at the end are the same host; nobody is even asked."""
    answers = []
    for name in ("blocked.test", "sub.blocked.test", "BLOCKED.TEST", "blocked.test."):
        uri = f"http://{name}/users/x"
        actor = stage.world.host("blocked.test").newcomer("x")
        like = actor.activity("Like", stage.public["uri"]) | {"actor": uri, "id": f"{uri}#1"}
        answers.append(actor.send(stage.site, like, key_id=f"{uri}#main-key"))
    assert stage.world.host("blocked.test").seen == []
    assert stage.world.host("sub.blocked.test").seen == []
    return answers


@attack(*IGNORED, lesson="Mastodon CVE-2025-62175: also for boosts and back-fetches")
def boosts_of_blocked_hosts(stage: Stage) -> Answer:
    blocked = stage.world.host("blocked.test")
    note = blocked.actor("author").note("<p>From a blocked host</p>")
    answer = stage.friend.send(
        stage.site, stage.friend.activity("Announce", note["id"], to=[PUBLIC])
    )
    stage.settle()
    assert blocked.seen == []
    assert stage.look_up(note["id"]) is None
    return answer


@attack(202, lesson="Pitfall 1: a Delete by a vanished actor gets a calm answer")
def deletes_of_unknown_actors(stage: Stage) -> Answer:
    uri = stage.evil.new_uri("users")
    before = len(stage.evil.seen)
    actor = stage.evil.actor("vanishing")
    delete = actor.activity("Delete", uri) | {"actor": uri, "id": f"{uri}#delete"}
    answer = actor.send(stage.site, delete, key_id=f"{uri}#main-key")
    stage.settle()
    assert len(stage.evil.seen) == before, "nobody asks for the key of an unknown actor"
    return answer


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_has_no_effect(stage: Stage, row: Attack) -> None:
    carry_out(row, stage)


def test_genuine_message_after_a_squatted_id(stage: Stage) -> None:
    """Mastodon CVE-2026-33869: a foreign activity must never block the genuine one."""
    genuine = stage.friend.activity("Like", stage.poll["uri"])
    assert stage.send(genuine | {"actor": stage.mallory.uri}).status == 403
    assert stage.send(genuine).status in {401, 403}
    assert stage.friend.send(stage.site, genuine).status == 202
    stage.settle()
    assert stage.alice.status(stage.poll["id"])["favourites_count"] == 1
    stage.friend.send(stage.site, stage.friend.activity("Undo", genuine))
    stage.settle()


def test_genuine_post_after_a_foreign_delete(stage: Stage) -> None:
    """A marker that a foreign post is deleted must not keep the genuine one out."""
    note = stage.friend.note("<p>Genuine</p>")
    assert stage.send(stage.mallory.activity("Delete", note["id"])).status in IGNORED
    stage.settle()
    assert stage.friend.send(stage.site, stage.friend.create(note)).status == 202
    stage.alice.arrived(note["id"])


def test_late_post_after_a_delete_by_a_neighbour(stage: Stage) -> None:
    """Mastodon CVE-2026-33869: the marker of a neighbour must not take the owner's place."""
    note = stage.friend.note("<p>Deleted</p>")
    for actor in (stage.neighbour, stage.friend):
        answer = actor.send(stage.site, actor.activity("Delete", note["id"]))
        assert answer.status in IGNORED
        stage.settle()
    assert stage.friend.send(stage.site, stage.friend.create(note)).status == 202
    stage.settle()
    assert stage.alice.sees(note["id"]) is None


def test_one_vote_per_person(stage: Stage) -> None:
    voter = stage.good.newcomer("voter")
    for name in ("Tea", "Tea", "Coffee"):
        assert voter.send(stage.site, vote(voter, stage, name)).status == 202
        stage.settle()
    poll = stage.alice.status(stage.poll["id"])["poll"]
    assert [option["votes_count"] for option in poll["options"]] == [1, 0]


def test_proof_of_the_author_is_enough(stage: Stage) -> None:
    """The counterpart of the forged proofs: forwarded by a stranger, proved by the author."""
    voter = stage.good.newcomer("prover")
    like = add_proof(voter.activity("Like", stage.poll["uri"]), voter.ed25519)
    assert stage.send(like).status == 202
    until(lambda: stage.alice.status(stage.poll["id"])["favourites_count"] == 1)
    assert voter.send(stage.site, voter.activity("Undo", json.loads(json.dumps(like)))).ok
    stage.settle()


def test_handles_of_others_cannot_be_had(stage: Stage) -> None:
    """Mastodon domain normalisation spoof: names that look like those of others."""
    names = ("friend", "friend ", "Friend", "friend@good.test", "fri\u200bend", "аlice", "alice\n")
    for number, name in enumerate(names):
        actor = stage.evil.actor(f"spoof{number}")
        actor.document |= {
            "preferredUsername": name,
            "webfinger": f"friend@{stage.good.name}",
            "name": "Friend",
        }
        note = actor.note("<p>Trust me</p>")
        assert actor.send(stage.site, actor.create(note)).status in {202, 401}
    stage.settle()
    rows = stage.site.rows("SELECT username, domain FROM account WHERE host = 'evil.test'")
    for username, domain in rows:
        assert domain == "evil.test"
        assert username == username.strip()
        assert "@" not in username
        assert "\u200b" not in username
