"""Boosts, ours and received: never with more people than may read the post."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.errors import Forbidden, NotFound
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_events import PostBoosted, PostDeleted
from tests.features.posts.studio import MEMBER, NANTES_MEMBERS, OUTSIDE, Studio


async def test_a_boost_is_a_row_and_an_announce(studio: Studio, local_ids: LocalIds) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    studio.hear(PostBoosted, PostDeleted)
    boost = await studio.do(studio.posts.boost, bruno, post.id)
    assert (boost.boost_of_id, boost.audience, boost.uri) == (
        post.id,
        "network",
        local_ids.uri("boost", boost.id),
    )
    assert (await studio.do(studio.posts.boost, bruno, post.id)).id == boost.id
    assert (await studio.do(studio.posts.boost, bruno, boost.id)).id == boost.id
    sent = studio.outbox.last("Announce")
    assert sent.activity["object"] == post.uri
    assert sent.activity["to"] == [local_ids.members, bruno.followers_uri]
    assert sent.activity["cc"] == [amina.uri]
    assert sent.recipients.only_members
    assert studio.outbox.types() == ["Create", "Announce"]
    status = await studio.status(bruno, boost.id)
    assert status["reblog"]["id"] == str(post.id)
    assert status["reblog"]["reblogged"] is True
    assert status["reblog"]["reblogs_count"] == 1
    assert status["account"]["id"] == str(bruno.id)
    assert (await studio.status(amina, post.id))["reblogged"] is False
    assert (await studio.cast.again(bruno)).statuses_count == 1
    assert studio.heard == [
        PostBoosted(boost.id, bruno.id, True, post.id, amina.id, fresh=True),
    ]
    original = await studio.do(studio.posts.unboost, bruno, post.id)
    assert original.id == post.id
    assert await studio.get(boost.id) is None
    undo = studio.outbox.last("Undo").activity
    assert (undo["object"]["type"], undo["object"]["id"]) == ("Announce", boost.uri)
    assert (await studio.status(bruno, post.id))["reblogs_count"] == 0
    assert studio.heard[-1] == PostDeleted(boost.id, bruno.id, post.id)
    assert (await studio.do(studio.posts.unboost, bruno, post.id)).id == post.id


@pytest.mark.parametrize(
    ("audience", "asked", "expected"),
    [
        (Audience.PUBLIC, None, "network"),
        (Audience.PUBLIC, Visibility.PRIVATE, "followers"),
        (Audience.NETWORK, None, "network"),
        (Audience.SITE, None, "site"),
        (Audience.SITE, Visibility.PRIVATE, "site"),
    ],
)
async def test_boosts_are_narrowed(
    studio: Studio, audience: Audience, asked: Visibility | None, expected: str
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, audience=audience)
    studio.outbox.sent.clear()
    boost = await studio.do(studio.posts.boost, bruno, post.id, asked)
    assert boost.audience == expected
    assert studio.outbox.types() == ([] if expected == "site" else ["Announce"])


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.DIRECT])
async def test_posts_for_few_are_boosted_by_their_author_only(
    studio: Studio, audience: Audience
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    stranger = await studio.cast.local("stranger")
    await studio.follow(bruno, amina)
    post = await studio.write(amina, "@bruno", audience=audience)
    with pytest.raises(Forbidden):
        await studio.do(studio.posts.boost, bruno, post.id)
    with pytest.raises(NotFound):
        await studio.do(studio.posts.boost, stranger, post.id)
    boost = await studio.do(studio.posts.boost, amina, post.id)
    assert boost.audience == audience.value
    assert await studio.seen(stranger, boost.id) == []


async def test_a_members_public_post_goes_on_as_network(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    assert post.audience == "public"
    boost = await studio.do(studio.posts.boost, amina, post.id)
    assert boost.audience == "network"
    assert studio.outbox.last("Announce").recipients.accounts == (chloe.id,)


# Received


async def announce(studio: Studio, who: Any, uri: str, **more: Any) -> str:
    activity = {
        "type": "Announce",
        "id": f"{who.uri}/announces/{len(studio.heard)}{more.pop('name', '')}",
        "object": uri,
        "to": [PUBLIC],
        "cc": [who.followers_uri],
    } | more
    return await studio.receive(who, activity)


async def test_an_announce_of_our_post(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, audience=Audience.NETWORK)
    assert await announce(studio, chloe, post.uri) == "created"
    assert await announce(studio, chloe, post.uri, name="again") == "duplicate"
    boost = await studio.database.read(studio.posts.boost_by, chloe.id, post.id)
    assert boost is not None
    # To the world of something narrower: widens nothing.
    assert boost.audience == "network"
    assert (await studio.status(amina, post.id))["reblogs_count"] == 1
    assert studio.queue.jobs[-1] == ("posts.tell_totals", {"post": post.id})
    undo = {"type": "Undo", "object": boost.uri}
    assert await studio.receive(chloe, undo) == "undone"
    assert (await studio.status(amina, post.id))["reblogs_count"] == 0


@pytest.mark.parametrize("audience", [Audience.SITE, Audience.FOLLOWERS, Audience.DIRECT])
async def test_what_others_cannot_see_they_cannot_announce(
    studio: Studio, audience: Audience
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    follower = await studio.cast.remote("fred", MEMBER)
    await studio.follow(follower, amina)
    post = await studio.write(amina, audience=audience)
    for who in (chloe, follower):
        with pytest.raises(Refused):
            await announce(studio, who, post.uri)
    after = await studio.get(post.id)
    assert after is not None
    assert after.boosts_count == 0


async def test_an_outsider_cannot_announce_a_post_of_the_network(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.nantes()
    own = await studio.write(amina, audience=Audience.NETWORK)
    chloe = await studio.cast.remote("chloe", MEMBER)
    theirs = await studio.create(chloe, "n", to=[NANTES_MEMBERS, chloe.followers_uri], cc=[])
    for post in (own, theirs):
        with pytest.raises(Refused, match="not_visible"):
            await announce(studio, otto, post.uri)


async def test_an_announce_of_an_unknown_post_is_fetched_where_it_matters(
    studio: Studio,
) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    author = await studio.cast.remote("author", "third.example")
    note = studio.note(author)
    with pytest.raises(Ignored, match="not_addressed"):
        await announce(studio, otto, note["id"])
    await studio.follow(amina, otto)
    with pytest.raises(Needs) as needs:
        await announce(studio, otto, note["id"])
    assert needs.value.uris == (note["id"],)
    await studio.fetched(note)
    assert await announce(studio, otto, note["id"]) == "created"
    with pytest.raises(Ignored, match="unknown_object"):
        await announce(studio, otto, "https://lyon.corp.example/ap/n/1")


async def test_a_group_announces_activities(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    group = await studio.cast.remote("groupe", OUTSIDE, type="Group")
    person = await studio.cast.remote("person", OUTSIDE)
    author = await studio.cast.remote("author", "third.example")
    await studio.follow(amina, group)
    note = studio.note(author)
    create = {"type": "Create", "id": "x", "actor": author.uri, "object": note}
    with pytest.raises(Needs) as needs:
        await announce(studio, group, "", object=create)
    assert needs.value.uris == (note["id"],)
    await studio.fetched(note)
    assert await announce(studio, group, "", object=create) == "created"
    like = {"type": "Like", "actor": author.uri, "object": note["id"]}
    with pytest.raises(Ignored, match="group_activity"):
        await announce(studio, group, "", object=like)
    with pytest.raises(Refused, match="not_group"):
        await announce(studio, person, "", object=create)


async def test_a_group_tells_of_changes_and_the_origin_is_asked(studio: Studio) -> None:
    group = await studio.cast.remote("groupe", OUTSIDE, type="Group")
    person = await studio.cast.remote("person", OUTSIDE)
    author = await studio.cast.remote("author", "third.example")
    amina = await studio.cast.local("amina")
    await studio.follow(amina, author)
    post = await studio.create(author)
    own = await studio.write(amina)
    update = {"type": "Update", "actor": author.uri, "object": {"id": post.uri, "type": "Page"}}
    assert await announce(studio, group, "", object=update) == "refreshing"
    assert studio.queue.jobs[-1] == ("posts.refresh", {"uri": post.uri})
    # By the author or by who moderates the group: that it is gone is for its origin to say.
    delete = {"type": "Delete", "actor": group.uri, "object": post.uri}
    assert await announce(studio, group, "", object=delete) == "refreshing"
    assert studio.queue.jobs[-1] == ("posts.refresh", {"uri": post.uri, "deleted": True})
    asked = len(studio.queue.jobs)
    for uri in (own.uri, "https://third.example/unknown"):
        with pytest.raises(Ignored, match="group_activity"):
            await announce(studio, group, "", object={**delete, "object": uri})
    with pytest.raises(Refused, match="not_group"):
        await announce(studio, person, "", object=delete)
    assert len(studio.queue.jobs) == asked


async def test_undo_by_what_was_shared_and_only_by_who_shared(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    mallory = await studio.cast.remote("mallory", MEMBER)
    post = await studio.write(amina)
    await announce(studio, chloe, post.uri)
    boost = await studio.database.read(studio.posts.boost_by, chloe.id, post.id)
    assert boost is not None
    inner = {"type": "Announce", "id": boost.uri, "actor": chloe.uri, "object": post.uri}
    for forged in ({"type": "Undo", "object": boost.uri}, {"type": "Undo", "object": inner}):
        with pytest.raises(Refused):
            await studio.receive(mallory, forged)
    other_id = {**inner, "id": f"{chloe.uri}/another"}
    assert await studio.receive(chloe, {"type": "Undo", "object": other_id}) == "undone"
    assert await studio.get(boost.id) is None
    with pytest.raises(Ignored):
        await studio.receive(chloe, {"type": "Undo", "object": other_id})


async def test_an_announce_cannot_take_the_id_of_a_post(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    known = await studio.create(otto)
    own = await studio.write(amina, audience=Audience.PUBLIC)
    with pytest.raises(Refused, match="id_taken"):
        await announce(studio, otto, own.uri, id=known.uri)
    with pytest.raises(Refused, match="foreign_id"):
        await announce(studio, otto, own.uri, id="https://third.example/1")
