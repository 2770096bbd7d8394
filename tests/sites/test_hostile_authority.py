"""Hostile messages: rightly signed, but in the name of somebody else."""

from __future__ import annotations

import json

import pytest

from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import AS, CONTEXT, PUBLIC, Json
from tests.sites.remote_signing import add_proof
from tests.sites.waiting import until
from tests.sites.web import Answer

attack = Table()
IGNORED = (202, 400, 401, 403)  # what is taken in and has no effect is fine, too


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
