"""With which signature and which key a message goes."""

from __future__ import annotations

from fedrse.activitypub.keys import SigningKey
from fedrse.activitypub.outbox import Recipients
from fedrse.activitypub.peers import Scheme
from fedrse.activitypub.signed_request import SignatureScheme
from tests.activitypub.delivery.post import FOLLOWERS, OWN, Keys, People, Post
from tests.activitypub.peer_server import PeerServer
from tests.activitypub.runtime_kit import rsa_key


async def test_other_signature_is_tried_once_and_remembered(post: Post, oslo: PeerServer) -> None:
    oslo.refuses = {SignatureScheme.CAVAGE}
    for number in range(3):
        await post.enqueue("Create", number, FOLLOWERS)
        await post.send()
    assert [one.scheme for one in oslo.received] == [SignatureScheme.RFC9421] * 3
    (row,) = await post.rows("destination")
    assert row.scheme == Scheme.RFC9421_RSA
    oslo.refuses = {SignatureScheme.RFC9421}
    await post.enqueue("Create", 9, FOLLOWERS)
    await post.send()
    (row,) = await post.rows("destination")
    assert row.scheme == Scheme.CAVAGE


async def test_fedrse_peers_get_ed25519(post: Post, oslo: PeerServer) -> None:
    post.rules.schemes[oslo.host] = Scheme.RFC9421_ED25519
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    (received,) = oslo.received
    assert received.key_id == f"{OWN}/ap/u/1#ed25519-1"
    assert 'tag="fedrse-s2s"' in received.headers["signature-input"]


async def test_key_change_is_announced_with_the_old_key(
    post: Post, oslo: PeerServer, people: People
) -> None:
    old = people.keys[1]
    fresh = SigningKey(f"{OWN}/ap/u/1#main-key-2", rsa_key(3))
    people.keys[1] = Keys(fresh, old.ed25519, previous_rsa=old.rsa)
    oslo.keys = people.verify_keys()
    await post.enqueue("Update", 1, FOLLOWERS, object={"id": f"{OWN}/ap/u/1", "type": "Person"})
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert [one.key_id for one in oslo.received] == [old.rsa.key_id, fresh.key_id]


async def test_key_change_is_told_with_the_new_key_to_who_knows_no_other(
    post: Post, oslo: PeerServer, people: People
) -> None:
    old = people.keys[1]
    fresh = SigningKey(f"{OWN}/ap/u/1#main-key-2", rsa_key(3))
    people.keys[1] = Keys(fresh, old.ed25519, previous_rsa=old.rsa)
    oslo.keys = people.verify_keys()
    oslo.answers = [401]
    await post.enqueue("Update", 1, FOLLOWERS, object={"id": f"{OWN}/ap/u/1", "type": "Person"})
    await post.send()
    assert [one.key_id for one in oslo.received] == [fresh.key_id]  # after the one refused
    assert await post.database.read(post.overview.problems) == []


async def test_sender_without_keys_is_a_problem_of_that_message_only(
    post: Post, oslo: PeerServer, people: People
) -> None:
    people.followers[7] = people.followers[1]
    await post.enqueue("Create", 1, Recipients(followers_of=7), sender=7)
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert [body["object"][-1] for body in oslo.bodies()] == ["2"]
    assert len(await post.database.read(post.overview.problems)) == 1
