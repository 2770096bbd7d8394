"""Update and Delete from other sites: who may change what, and what stays."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.clock import DAY, MINUTE, to_iso, to_iso_seconds
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_events import PostDeleted, PostEdited, PostPublished
from tests.features.posts.studio import (
    MEMBER,
    OTHER_MEMBER,
    OUTSIDE,
    Studio,
    a_follower_and_an_author,
)

# Update


async def test_an_update_keeps_the_history(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto, "1", content="<p>one</p>")
    studio.hear(PostEdited)
    studio.clock.advance(MINUTE)
    newer = studio.note(
        otto,
        "1",
        content="<p>two</p>",
        published=to_iso_seconds(post.created_at),
        updated=to_iso(studio.clock.now()),
        to=[amina.uri],
        tag=[{"type": "Hashtag", "name": "#neuf"}],
    )
    assert await studio.receive(otto, {"type": "Update", "object": newer}) == "updated"
    after = await studio.get(post.id)
    assert after is not None
    assert (after.content, after.audience) == ("<p>two</p>", "public")
    assert after.edited_at == studio.clock.now()
    versions = await studio.database.read(studio.posts.history, after)
    assert [one.content for one in versions] == ["<p>one</p>", "<p>two</p>"]
    assert [tag["name"] for tag in (await studio.status(amina, post.id))["tags"]] == ["neuf"]
    assert studio.heard == [PostEdited(post.id, otto.id, local=False)]
    # The same and an older version change nothing.
    assert await studio.receive(otto, {"type": "Update", "object": newer}) == "refreshed"
    older = {**newer, "content": "<p>old</p>", "updated": to_iso(post.created_at)}
    assert await studio.receive(otto, {"type": "Update", "object": older}) == "refreshed"
    assert await studio.get(post.id) == after


async def test_an_update_does_not_show_a_post_to_more_people(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    bruno = await studio.cast.local("bruno")
    post = await studio.create(otto, "1", to=[amina.uri], cc=[])
    studio.clock.advance(MINUTE)
    wider = studio.note(
        otto,
        "1",
        to=[PUBLIC, bruno.uri],
        tag=[{"type": "Mention", "href": bruno.uri, "name": "@bruno"}],
        updated=to_iso(studio.clock.now()),
    )
    assert await studio.receive(otto, {"type": "Update", "object": wider}) == "updated"
    assert await studio.seen(bruno, post.id) == []
    assert await studio.seen(amina, post.id) == [post.id]


async def test_only_the_author_updates(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto)
    neighbour = await studio.cast.remote("mallory", OUTSIDE)
    stranger = await studio.cast.remote("evil", OTHER_MEMBER)
    studio.clock.advance(MINUTE)
    updated = to_iso(studio.clock.now())
    for who in (neighbour, stranger):
        forged = studio.note(otto, "1", content="<p>x</p>", updated=updated)
        with pytest.raises(Refused):
            await studio.receive(who, {"type": "Update", "object": forged})
        as_own = {**forged, "attributedTo": who.uri}
        with pytest.raises((Refused, Needs, Ignored)):
            await studio.receive(who, {"type": "Update", "object": as_own})
    assert await studio.get(post.id) == post
    own = await studio.write(amina)
    taken = studio.note(otto, "1", id=own.uri, updated=updated)
    with pytest.raises(Refused):
        await studio.receive(otto, {"type": "Update", "object": taken})


async def test_an_update_of_an_unknown_post_is_a_late_arrival(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    studio.hear(PostPublished)
    note = studio.note(otto, "1", updated=to_iso(studio.clock.now()))
    assert await studio.receive(otto, {"type": "Update", "object": note}) == "created"
    assert [event.fresh for event in studio.heard] == [False]


# Delete


@pytest.mark.parametrize("shape", ["id", "tombstone", "embedded"])
async def test_delete_in_all_shapes(studio: Studio, shape: str) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto)
    reply = await studio.write(amina, "oui", reply_to_id=post.id)
    boost = await studio.database.write(studio.posts.boost, amina, post.id)
    studio.hear(PostDeleted)
    shapes: dict[str, Any] = {
        "id": post.uri,
        "tombstone": {"type": "Tombstone", "id": post.uri},
        "embedded": studio.note(otto),
    }
    assert await studio.receive(otto, {"type": "Delete", "object": shapes[shape]}) == "deleted"
    assert await studio.get(post.id) is None
    assert await studio.get(boost.id) is None
    left = await studio.get(reply.id)
    assert left is not None
    assert left.reply_to_id is None
    assert {event.post_id for event in studio.heard} == {post.id, boost.id}
    assert (await studio.cast.again(otto)).statuses_count == 0
    assert (await studio.cast.again(amina)).statuses_count == 1
    # It does not come back.
    with pytest.raises(Ignored, match="deleted"):
        await studio.receive(otto, {"type": "Create", "object": studio.note(otto)})


async def test_a_delete_before_its_create(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    mallory = await studio.cast.remote("mallory", OUTSIDE)
    note = studio.note(otto)
    assert await studio.receive(otto, {"type": "Delete", "object": note["id"]}) == "marked"
    with pytest.raises(Ignored, match="deleted"):
        await studio.receive(otto, {"type": "Create", "object": note})
    studio.clock.advance(8 * DAY)
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "created"
    # A mark by somebody else stops nobody.
    other = studio.note(otto, "2")
    assert await studio.receive(mallory, {"type": "Delete", "object": other["id"]}) == "marked"
    assert await studio.receive(otto, {"type": "Create", "object": other}) == "created"
    assert amina.id


async def test_only_its_author_deletes_a_post(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto)
    stranger = await studio.cast.remote("evil", MEMBER)
    with pytest.raises(Refused):
        await studio.receive(stranger, {"type": "Delete", "object": post.uri})
    neighbour = await studio.cast.remote("mallory", OUTSIDE)
    assert await studio.receive(neighbour, {"type": "Delete", "object": post.uri}) == "checking"
    assert studio.queue.jobs[-1] == ("posts.refresh", {"uri": post.uri, "deleted": True})
    own = await studio.write(amina)
    with pytest.raises(Refused):
        await studio.receive(otto, {"type": "Delete", "object": own.uri})
    assert await studio.get(post.id) is not None
    assert await studio.get(own.id) is not None


async def test_gone_at_the_origin_is_gone_here(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto)
    own = await studio.write(amina)
    await studio.do(studio.activities.remove_gone, post.uri)
    await studio.do(studio.activities.remove_gone, own.uri)
    await studio.do(studio.activities.remove_gone, "https://unknown.example/1")
    assert await studio.get(post.id) is None
    assert await studio.get(own.id) is not None


async def test_a_404_is_enough_where_the_post_was_for_everybody(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    public = await studio.create(otto)
    few = await studio.create(otto, "2", to=[otto.followers_uri], cc=[])
    own = await studio.write(amina, audience=Audience.PUBLIC)
    removed = {
        post.uri: await studio.do(studio.activities.remove_missing, post.uri)
        for post in (public, few, own)
    }
    assert removed == {public.uri: True, few.uri: False, own.uri: False}
    left = [await studio.get(post.id) is not None for post in (public, few, own)]
    assert left == [False, True, True]


async def test_a_suspended_author_writes_nothing(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    await studio.cast.remote("otto", OUTSIDE, suspended=True)
    with pytest.raises(Ignored, match="author_gone"):
        await studio.receive(otto, {"type": "Create", "object": studio.note(otto)})
