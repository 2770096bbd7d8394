"""Hostile messages: rightly signed, about posts, profiles, relations and polls of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import PUBLIC, Json, RemoteActor
from tests.sites.web import Answer

attack = Table()
IGNORED = (202, 400, 401, 403)  # what is taken in and has no effect is fine, too
FORGED = "<p>Forged</p>"


def attackers(stage: Stage) -> list[RemoteActor]:
    """Somebody of another host, and a neighbour on the host of the victim."""
    return [stage.mallory, stage.neighbour]


def by_both(stage: Stage, make: Callable[[RemoteActor], Json]) -> list[Answer]:
    return [actor.send(stage.site, make(actor)) for actor in attackers(stage)]


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


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_has_no_effect(stage: Stage, row: Attack) -> None:
    carry_out(row, stage)


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
