"""Create, Update and Delete from other sites: who may say what about which object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND, to_iso, to_iso_seconds
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_events import PostDeleted, PostEdited, PostPublished
from tests.features.posts.studio import (
    MEMBER,
    NANTES_MEMBERS,
    OTHER_MEMBER,
    OUTSIDE,
    Studio,
)


async def a_follower_and_an_author(studio: Studio, host: str = OUTSIDE) -> tuple[Account, Account]:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", host)
    await studio.follow(amina, otto)
    return amina, otto


# Create


async def test_a_note_becomes_a_post(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    studio.hear(PostPublished)
    note = studio.note(
        otto,
        "1",
        content="<p>Bonjour <script>x</script><b>à tous</b></p>",
        contentMap={"fr": "<p>Bonjour <script>x</script><b>à tous</b></p>"},
        summary="Attention",
        sensitive=True,
        tag=[
            {"type": "Mention", "href": amina.uri, "name": "@amina@corp.example"},
            {"type": "Hashtag", "name": "#Été", "href": "https://x.example"},
            {
                "type": "Emoji",
                "name": ":chat:",
                "icon": {"type": "Image", "url": "https://social.example/chat.png"},
            },
        ],
        cc=[otto.followers_uri, amina.uri],
        attachment={"type": "Document", "mediaType": "image/png", "url": "https://x.example/a.png"},
        published="2026-01-15T08:59:30Z",
    )
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "created"
    post = await studio.find(note["id"])
    assert post is not None
    assert post.content == "<p>Bonjour <b>à tous</b></p>"
    assert (post.audience, post.listed, post.local) == ("public", True, False)
    assert (post.summary, post.sensitive, post.language) == ("Attention", True, "fr")
    assert to_iso_seconds(post.created_at) == "2026-01-15T08:59:30Z"
    assert post.id >> 16 >= post.created_at
    status = await studio.status(amina, post.id)
    assert [tag["name"] for tag in status["tags"]] == ["ete"]
    assert [one["id"] for one in status["mentions"]] == [str(amina.id)]
    assert status["emojis"][0]["shortcode"] == "chat"
    assert status["media_attachments"][0]["remote_url"] == "https://x.example/a.png"
    assert status["account"]["acct"] == f"otto@{OUTSIDE}"
    assert studio.heard[0].mentioned == (amina.id,)
    assert studio.heard[0].fresh
    assert (await studio.cast.again(otto)).statuses_count == 1


async def test_the_same_create_twice_is_one_post(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    note = studio.note(otto)
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "created"
    assert await studio.receive(otto, {"type": "Create", "object": note}) == "known"
    assert (await studio.cast.again(otto)).statuses_count == 1


async def test_a_second_create_never_widens(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto, "1", to=[amina.uri], cc=[])
    assert post.audience == "direct"
    wider = studio.note(otto, "1", to=[PUBLIC])
    assert await studio.receive(otto, {"type": "Create", "object": wider}) == "known"
    mallory = await studio.cast.remote("mallory", OUTSIDE)
    await studio.follow(amina, mallory)
    stolen = studio.note(mallory, "1", to=[PUBLIC], content="<p>mine</p>")
    with pytest.raises(Needs):
        await studio.receive(mallory, {"type": "Create", "object": stolen})
    after = await studio.get(post.id)
    assert after == post


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"attributedTo": "https://social.example/ap/u/somebody"}, "refetch"),
        ({"id": "https://elsewhere.example/notes/1"}, "refused"),
        ({"id": None}, "refused"),
        ({"attributedTo": None}, "refetch"),
        ({"type": "Person"}, "refused"),
    ],
)
async def test_embedded_objects_of_others_are_not_believed(
    studio: Studio, change: dict[str, Any], why: str
) -> None:
    _, otto = await a_follower_and_an_author(studio)
    note = {**studio.note(otto), **change}
    expected = Needs if why == "refetch" else Refused
    with pytest.raises(expected):
        await studio.receive(otto, {"type": "Create", "object": note})
    assert await studio.find(studio.note(otto)["id"]) is None


async def test_ids_of_this_site_are_refused(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    own = await studio.write(amina)
    note = studio.note(otto, "1", id=own.uri)
    with pytest.raises(Refused):
        await studio.receive(otto, {"type": "Create", "object": note})
    with pytest.raises(Refused):
        await studio.receive(otto, {"type": "Create", "object": own.uri})
    assert await studio.get(own.id) == own


async def test_squatted_ids_are_given_back_by_the_origin(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    mallory = await studio.cast.remote("mallory", OUTSIDE)
    await studio.follow(amina, mallory)
    squatted = await studio.create(mallory, "1")
    genuine = studio.note(otto, "1")
    with pytest.raises(Needs) as needs:
        await studio.receive(otto, {"type": "Create", "object": genuine})
    assert needs.value.uris == (squatted.uri,)
    await studio.fetched(genuine)
    assert await studio.receive(otto, {"type": "Create", "object": genuine}) == "created"
    post = await studio.find(squatted.uri)
    assert post is not None
    assert post.account_id == otto.id
    # Where the origin cannot be asked nothing changes.
    other = await studio.create(mallory, "2")
    received = studio.cast.received(
        otto,
        {"type": "Create", "object": studio.note(otto, "2")},
        unavailable=frozenset({other.uri}),
    )
    with pytest.raises(Refused, match="id_taken"):
        await studio.dispatch(received)


# Who may deliver


async def test_what_concerns_nobody_here_is_ignored(studio: Studio) -> None:
    otto = await studio.cast.remote("otto", OUTSIDE)
    with pytest.raises(Ignored, match="not_addressed"):
        await studio.receive(otto, {"type": "Create", "object": studio.note(otto)})


async def test_what_brings_a_post_here(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.nantes()
    own = await studio.write(amina, audience=Audience.PUBLIC)
    addressed = await studio.create(otto, "named", to=[amina.uri], cc=[])
    assert addressed.audience == "direct"
    reply = await studio.create(otto, "reply", inReplyTo=own.uri)
    assert reply.reply_to_id == own.id
    by_member = await studio.create(chloe, "member")
    assert by_member.audience == "public"
    network = await studio.create(chloe, "network", to=[NANTES_MEMBERS, chloe.followers_uri], cc=[])
    assert network.audience == "network"


async def test_the_members_collection_counts_for_its_own_site_only(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    await studio.nantes()
    theirs = f"https://{OUTSIDE}/actor/members"
    await studio.site_actor(OUTSIDE, theirs)
    for number, members in enumerate((NANTES_MEMBERS, theirs)):
        post = await studio.create(otto, str(number), to=[members, otto.followers_uri], cc=[])
        assert post.audience == "followers"


async def test_unlisted_and_followers(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    unlisted = await studio.create(otto, "u", to=[otto.followers_uri], cc=["as:Public"])
    assert (unlisted.audience, unlisted.listed) == ("public", False)
    followers = await studio.create(otto, "f", to=otto.followers_uri, cc=None)
    assert followers.audience == "followers"


async def test_addressing_of_the_activity_where_the_object_has_none(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    note = studio.note(otto, "1", to=None, cc=None)
    await studio.receive(otto, {"type": "Create", "object": note, "to": "Public"})
    post = await studio.find(note["id"])
    assert post is not None
    assert post.audience == "public"


# Replies


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


async def test_dates_out_of_this_world_are_brought_back(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    now = studio.clock.now()
    late = await studio.create(otto, "late", published="2150-01-01T00:00:00Z")
    assert late.created_at == now
    early = await studio.create(otto, "early", published="0001-01-01T00:00:00Z")
    assert to_iso_seconds(early.created_at) == "1990-01-01T00:00:00Z"
    odd = await studio.create(otto, "odd", published="yesterday")
    assert odd.created_at == now
    assert early.id < odd.id


async def test_too_much_is_cut(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    tags = [{"type": "Hashtag", "name": f"#t{number}"} for number in range(900)]
    attachments = [
        {"type": "Image", "mediaType": "image/png", "url": f"https://x.example/{number}.png"}
        for number in range(900)
    ]
    post = await studio.create(
        otto, "1", tag=tags, attachment=attachments, content="<p>" + "x" * 300_000 + "</p>"
    )
    status = await studio.status(amina, post.id)
    assert len(status["tags"]) == 30
    assert len(status["media_attachments"]) == 16
    assert len(status["content"]) < 100_000


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


# Other software


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"type": "Article", "name": "Titre", "content": "<p>Court</p>"},
            "<p><strong>Titre</strong></p><p>Court</p><p><a href=",
        ),
        (
            {"type": "Page", "name": "A & B", "content": None},
            "<p><strong>A &amp; B</strong></p><p><a href=",
        ),
        (
            {"type": "Event", "name": "Fête", "content": "<p>" + "mot " * 600 + "</p>"},
            "<p><strong>Fête</strong></p><p>mot mot",
        ),
        (
            {"type": "Video", "name": "Film", "content": None, "summary": "Résumé"},
            "<p><strong>Film</strong></p><p>Résumé</p><p><a href=",
        ),
    ],
)
async def test_articles_and_the_like_have_title_and_link(
    studio: Studio, document: dict[str, Any], expected: str
) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    post = await studio.create(otto, "1", **document)
    assert post.kind == document["type"].lower()
    assert post.title == document["name"]
    assert post.content.startswith(expected)
    assert post.content.rstrip().endswith("</a></p>")
    assert post.url is not None
    assert post.url in post.content
    assert (await studio.status(amina, post.id))["content"] == post.content


async def test_a_video_of_peertube(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    channel = await studio.cast.remote("channel", OUTSIDE, type="Group")
    await studio.follow(amina, otto)
    post = await studio.create(
        otto,
        "v",
        type="Video",
        name="Film",
        content=None,
        attributedTo=[{"type": "Group", "id": channel.uri}, {"type": "Person", "id": otto.uri}],
        url=[
            {"type": "Link", "mediaType": "video/mp4", "href": "https://social.example/v.mp4"},
            {"type": "Link", "mediaType": "text/html", "href": "https://social.example/w/1"},
        ],
    )
    assert post.account_id == otto.id
    assert post.url == "https://social.example/w/1"
    (attachment,) = (await studio.status(amina, post.id))["media_attachments"]
    assert (attachment["type"], attachment["remote_url"]) == (
        "video",
        "https://social.example/v.mp4",
    )


async def test_votes_are_never_posts(studio: Studio) -> None:
    amina, otto = await a_follower_and_an_author(studio)
    own = await studio.write(amina, audience=Audience.PUBLIC)
    vote = studio.note(otto, "v", name="oui", content=None, inReplyTo=own.uri, to=[amina.uri])
    with pytest.raises(Ignored, match="vote"):
        await studio.receive(otto, {"type": "Create", "object": vote})
    assert await studio.find(vote["id"]) is None


# Forwarding


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


async def test_old_posts_come_in_their_place(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    fresh = await studio.create(otto, "fresh")
    old = to_iso_seconds(studio.clock.now() - 5 * HOUR - 1 * SECOND)
    late = await studio.create(otto, "late", published=old)
    assert late.id < fresh.id
    assert late.received_at == studio.clock.now()
