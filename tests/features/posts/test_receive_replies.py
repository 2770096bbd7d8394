"""Answers from other sites: what they need, to what they may refer, who gets them from here."""

from __future__ import annotations

import json

import msgspec
import pytest

from fedrse.activitypub.dispatch import Needs
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_events import PostPublished
from tests.features.posts.studio import MEMBER, OUTSIDE, Studio, a_follower_and_an_author


async def test_an_unknown_parent_is_asked_for_once(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    parent_uri = f"https://{MEMBER}/notes/parent"
    note = studio.note(otto, "reply", inReplyTo=parent_uri)
    create = {"type": "Create", "object": note}
    with pytest.raises(Needs) as needs:
        await studio.receive(otto, create)
    assert needs.value.uris == (parent_uri,)
    received = studio.cast.received(otto, create, unavailable=frozenset({parent_uri}))
    assert await studio.dispatch(received) == "created"
    reply = await studio.find(note["id"])
    assert reply is not None
    assert (reply.reply_to_id, reply.reply_to_uri) == (None, parent_uri)
    # The parent arrives later: it is linked and counted, the threads become one.
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.database.write(studio.posts.marks.mute_thread, amina.id, reply.id)
    parent = await studio.create(chloe, "parent")
    linked = await studio.get(reply.id)
    assert linked is not None
    assert (linked.reply_to_id, linked.reply_to_uri) == (parent.id, None)
    assert linked.reply_to_account_id == chloe.id
    assert linked.thread_id == parent.thread_id
    status = await studio.status(amina, parent.id)
    assert status["replies_count"] == 1
    assert status["muted"] is True


async def test_all_that_moves_into_another_thread_is_seen_there(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    parent_uri = f"https://{MEMBER}/notes/parent"
    note = studio.note(otto, "reply", inReplyTo=parent_uri)
    create = {"type": "Create", "object": note}
    await studio.dispatch(studio.cast.received(otto, create, unavailable=frozenset({parent_uri})))
    below = await studio.create(otto, "below", inReplyTo=note["id"])
    assert (await studio.status(amina, below.id))["muted"] is False
    parent = await studio.create(await studio.cast.remote("chloe", MEMBER), "parent")
    thread = await studio.database.read(studio.posts.threads.context, amina.id, below.id)
    found = msgspec.json.decode(thread[1])
    assert [one["id"] for one in found["ancestors"]][:1] == [str(parent.id)]
    await studio.database.write(studio.posts.marks.mute_thread, amina.id, below.id)
    assert (await studio.status(amina, below.id))["muted"] is True


async def test_reply_cycles_and_replies_to_itself(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    own = await studio.create(otto, "self", inReplyTo=f"https://{OUTSIDE}/notes/self")
    assert (own.reply_to_id, own.reply_to_uri) == (None, None)
    a, b = (f"https://{OUTSIDE}/notes/{name}" for name in "ab")
    first = studio.cast.received(
        otto,
        {"type": "Create", "object": studio.note(otto, "a", inReplyTo=b)},
        unavailable=frozenset({b}),
    )
    await studio.dispatch(first)
    second = await studio.create(otto, "b", inReplyTo=a)
    one = await studio.find(a)
    assert one is not None
    assert (one.reply_to_id, second.reply_to_id) == (second.id, one.id)
    assert one.thread_id == second.thread_id
    for post in (one, second):
        thread = await studio.database.read(studio.posts.thread, amina.id, post)
        assert len(thread.ancestors) + len(thread.descendants) == 1


async def test_a_reply_to_what_its_author_cannot_know_refers_to_nothing(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    for number, draft in enumerate(
        ({"local_only": True}, {"visibility": Visibility.DIRECT}, {"audience": Audience.NETWORK})
    ):
        secret = await studio.write(amina, **draft)
        reply = await studio.create(otto, str(number), inReplyTo=secret.uri)
        assert (reply.reply_to_id, reply.reply_to_uri) == (None, None)
        after = await studio.get(secret.id)
        assert after is not None
        assert after.replies_count == 0


async def test_a_fetched_post_is_new_when_its_create_comes(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    studio.hear(PostPublished)
    note = studio.note(otto)
    await studio.fetched(note)
    assert [event.fresh for event in studio.heard] == [False]
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "created"
    assert [event.fresh for event in studio.heard] == [False, True]
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "known"
    assert (await studio.cast.again(otto)).statuses_count == 1


async def test_a_create_with_a_bare_id_is_fetched(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    note = studio.note(otto)
    create = {"type": "Create", "object": note["id"]}
    with pytest.raises(Needs):
        await studio.receive(otto, create)
    await studio.fetched(note)
    assert await studio.receive(otto, create) == "created"
    assert await studio.receive(otto, create) == "known"


async def test_replies_to_our_posts_are_passed_on(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    own = await studio.write(amina, audience=Audience.PUBLIC)
    assert amina.followers_uri is not None
    note = studio.note(otto, "1", inReplyTo=own.uri, cc=[amina.followers_uri])
    create = {"type": "Create", "object": note, "to": [PUBLIC], "cc": [amina.followers_uri]}
    body = json.dumps(create).encode()
    await studio.receive(otto, create, body=body)
    ((sent, sender, recipients, _),) = studio.outbox.forwarded
    assert (sent, sender) == (body, amina.id)
    assert recipients.followers_of == amina.id
    assert recipients.exclude_hosts == frozenset({OUTSIDE})
    # A second time it is known, and what is not addressed to us stays.
    await studio.receive(otto, create, body=body)
    other = studio.note(otto, "2", inReplyTo=own.uri)
    await studio.receive(otto, {"type": "Create", "object": other}, body=b"{}")
    assert len(studio.outbox.forwarded) == 1
