"""Create from other sites: who may say what about which object."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.clock import HOUR, SECOND, to_iso_seconds
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_events import PostPublished
from tests.features.posts.studio import (
    MEMBER,
    NANTES_MEMBERS,
    OUTSIDE,
    Studio,
    a_follower_and_an_author,
)

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


async def test_old_posts_come_in_their_place(studio: Studio) -> None:
    _, otto = await a_follower_and_an_author(studio)
    fresh = await studio.create(otto, "fresh")
    old = to_iso_seconds(studio.clock.now() - 5 * HOUR - 1 * SECOND)
    late = await studio.create(otto, "late", published=old)
    assert late.id < fresh.id
    assert late.received_at == studio.clock.now()
