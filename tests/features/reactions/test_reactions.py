"""Likes and emoji reactions, ours and received."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Post, Visibility
from fedrse.features.reactions.activities import ReactionActivities
from fedrse.features.reactions.jobs import ReactionJobs
from fedrse.features.reactions.model import (
    KINDS,
    LIKE,
    LONGEST_CONTENT,
    read_reaction,
    read_told,
)
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.features.reactions.service import Reactions
from fedrse.jobs.model import Job
from fedrse.store.events import Events
from tests.features.posts.studio import MEMBER, OUTSIDE, Studio


async def act(
    studio: Studio, reactions: Reactions, who: Account, post: Post, *, add: bool = True
) -> bool:
    author = await studio.database.read(studio.cast.accounts.by_id, post.account_id)
    work = reactions.add if add else reactions.remove
    return bool(await studio.do(work, who, post, author))


async def receive(
    studio: Studio, reactions: Reactions, local_ids: LocalIds, who: Account, activity: Any
) -> str:
    """Dispatches to the handlers of reactions only."""
    dispatcher = Dispatcher()
    ReactionActivities(
        reactions=reactions,
        people=studio.cast.accounts,
        posts=studio.posts,
        local_ids=local_ids,
    ).register(dispatcher)
    return await studio.database.write(dispatcher.dispatch, studio.cast.received(who, activity))


async def test_a_like_here(studio: Studio, reactions: Reactions) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    studio.hear(Reacted, Unreacted)
    assert await act(studio, reactions, bruno, post)
    assert not await act(studio, reactions, bruno, post)
    status = await studio.status(bruno, post.id)
    assert (status["favourited"], status["favourites_count"]) == (True, 1)
    assert (await studio.status(amina, post.id))["favourited"] is False
    assert studio.outbox.types() == ["Create"]
    assert studio.queue.jobs == [("posts.tell_totals", {"post": post.id})]
    assert await act(studio, reactions, bruno, post, add=False)
    assert not await act(studio, reactions, bruno, post, add=False)
    status = await studio.status(bruno, post.id)
    assert (status["favourited"], status["favourites_count"]) == (False, 0)
    assert studio.heard == [
        Reacted(bruno.id, post.id, amina.id, LIKE),
        Unreacted(bruno.id, post.id, amina.id, LIKE),
    ]


async def test_a_like_of_a_remote_post_goes_to_its_author(
    studio: Studio, reactions: Reactions
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    await act(studio, reactions, amina, post)
    like = studio.outbox.last("Like")
    assert like.activity["object"] == post.uri
    assert like.recipients.accounts == (chloe.id,)
    assert not like.recipients.members
    assert (await studio.status(amina, post.id))["favourites_count"] == 1
    await act(studio, reactions, amina, post, add=False)
    undo = studio.outbox.last("Undo").activity
    assert undo["object"]["id"] == like.activity["id"]
    assert (await studio.status(amina, post.id))["favourites_count"] == 0


async def test_received_likes(studio: Studio, reactions: Reactions, local_ids: LocalIds) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    mallory = await studio.cast.remote("mallory", MEMBER)
    post = await studio.write(amina)
    like = {"type": "Like", "id": f"{chloe.uri}/likes/1", "object": post.uri}
    assert await receive(studio, reactions, local_ids, chloe, like) == "reacted"
    assert await receive(studio, reactions, local_ids, chloe, like) == "duplicate"
    other = {**like, "id": f"{chloe.uri}/likes/2"}
    assert await receive(studio, reactions, local_ids, chloe, other) == "duplicate"
    assert (await studio.status(amina, post.id))["favourites_count"] == 1
    assert (await studio.database.read(reactions.totals, post.id)).by_host == {MEMBER: 1}
    assert await studio.database.read(reactions.hosts, post.id) == [MEMBER]
    for undo in ({"type": "Undo", "object": like["id"]}, {"type": "Undo", "object": like}):
        with pytest.raises(Refused):
            await receive(studio, reactions, local_ids, mallory, undo)
    by_object = {"type": "Undo", "object": {**like, "id": f"{chloe.uri}/other"}}
    assert await receive(studio, reactions, local_ids, chloe, by_object) == "undone"
    assert (await studio.status(amina, post.id))["favourites_count"] == 0
    with pytest.raises(Ignored):
        await receive(studio, reactions, local_ids, chloe, by_object)


@pytest.mark.parametrize(
    "draft",
    [
        {"local_only": True},
        {"visibility": Visibility.DIRECT},
        {"visibility": Visibility.PRIVATE},
    ],
)
async def test_no_like_of_what_one_cannot_see(
    studio: Studio, reactions: Reactions, local_ids: LocalIds, draft: dict[str, Any]
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, **draft)
    with pytest.raises(Refused, match="not_visible"):
        await receive(studio, reactions, local_ids, chloe, {"type": "Like", "object": post.uri})
    assert (await studio.status(amina, post.id))["favourites_count"] == 0


async def test_a_blocked_person_cannot_like(
    studio: Studio, reactions: Reactions, local_ids: LocalIds
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, audience=Audience.PUBLIC)
    await studio.block(amina, chloe)
    with pytest.raises(Refused):
        await receive(studio, reactions, local_ids, chloe, {"type": "Like", "object": post.uri})


async def test_likes_of_what_nobody_here_has(
    studio: Studio, reactions: Reactions, local_ids: LocalIds
) -> None:
    otto = await studio.cast.remote("otto", OUTSIDE)
    for uri in ("https://third.example/1", local_ids.uri("post", 5)):
        with pytest.raises(Ignored):
            await receive(studio, reactions, local_ids, otto, {"type": "Like", "object": uri})


async def test_lists(studio: Studio, reactions: Reactions) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    posts = [await studio.write(amina, str(number)) for number in range(3)]
    for post in posts:
        await act(studio, reactions, bruno, post)
    await act(studio, reactions, amina, posts[0])
    page = Page(limit=2)
    found = await studio.database.read(reactions.liked_by, bruno.id, page)
    assert [post for _, post in found] == [posts[2].id, posts[1].id]
    older = Page(limit=2, max_id=found[-1][0])
    found = await studio.database.read(reactions.liked_by, bruno.id, older)
    assert [post for _, post in found] == [posts[0].id]
    likers = await studio.database.read(reactions.likers, posts[0].id, Page())
    assert [who for _, who in likers] == [amina.id, bruno.id]
    liked = await studio.database.read(reactions.liked, amina.id, [post.id for post in posts])
    assert liked == {posts[0].id}


@pytest.mark.parametrize(
    ("activity", "content"),
    [
        ({"type": "Like"}, LIKE),
        ({"type": "Like", "content": "❤️"}, LIKE),
        ({"type": "Like", "content": "🎉"}, "🎉"),
        ({"type": "Like", "_misskey_reaction": "🎉"}, "🎉"),
        ({"type": "EmojiReact", "content": "👍"}, "👍"),
        ({"type": "EmojiReact", "content": "👩‍👩‍👧‍👦"}, "👩‍👩‍👧‍👦"),
        ({"type": "EmojiReact", "content": "abc"}, LIKE),
        ({"type": "EmojiReact", "content": ":chat:"}, LIKE),
        (
            {
                "type": "EmojiReact",
                "content": ":chat:",
                "tag": {
                    "type": "Emoji",
                    "name": ":chat:",
                    "icon": {"url": "https://x.example/c.png"},
                },
            },
            ":chat:",
        ),
        ({"type": "Like", "content": ["🎉", 7]}, "🎉"),
        ({"type": "Like", "content": {"a": 1}}, LIKE),
    ],
)
def test_what_a_reaction_says(activity: dict[str, Any], content: str) -> None:
    assert read_reaction(activity).content == content


_junk = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "name", "icon", "url", "content"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["type", "content", "_misskey_reaction", "tag"]), _junk))
def test_any_reaction_is_read(activity: dict[str, Any]) -> None:
    found = read_reaction(activity)
    assert len(found.content) <= LONGEST_CONTENT


async def test_one_of_each_kind_with_counts_and_own_state(
    studio: Studio, reactions: Reactions
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    for content in (LIKE, KINDS["thanks"], KINDS["thanks"], KINDS["seen"]):
        await studio.database.write(reactions.add, bruno, post, amina, content=content)
    await studio.database.write(reactions.add, amina, post, amina, content=KINDS["thanks"])
    status = await studio.status(bruno, post.id)
    assert status["reactions"] == [
        {"name": "thanks", "content": "🙏", "count": 2},
        {"name": "seen", "content": "👀", "count": 1},
    ]
    assert (status["reacted"], status["favourited"]) == (["thanks", "seen"], True)
    assert status["favourites_count"] == 4
    assert (await studio.status(amina, post.id))["reacted"] == ["thanks"]
    await studio.database.write(reactions.remove, bruno, post, amina, content=KINDS["thanks"])
    status = await studio.status(bruno, post.id)
    assert [one["count"] for one in status["reactions"]] == [1, 1]
    assert (status["reacted"], status["favourited"]) == (["seen"], True)


@pytest.mark.parametrize(
    ("activity", "content"),
    [
        ({"type": "EmojiReact", "content": "🙏🏽"}, "🙏"),
        ({"type": "Like", "content": "❓️"}, "❓"),
        ({"type": "Like", "_misskey_reaction": "👀"}, "👀"),
        ({"type": "EmojiReact", "content": "🤝"}, "🤝"),
    ],
)
def test_agreed_kinds_whatever_their_shade(activity: dict[str, Any], content: str) -> None:
    assert read_reaction(activity).content == content


async def test_what_remains_is_sent_again_after_an_undo(
    studio: Studio, reactions: Reactions
) -> None:
    """Other software has one like per person, and has just taken it back."""
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    await act(studio, reactions, amina, post)
    first = studio.outbox.last("Like").activity
    await studio.database.write(reactions.add, amina, post, chloe, content=KINDS["agree"])
    assert studio.outbox.last("Like").activity["content"] == "🤝"
    await studio.database.write(reactions.remove, amina, post, chloe, content=KINDS["agree"])
    assert studio.outbox.types()[-2:] == ["Undo", "Like"]
    assert studio.outbox.last("Like").activity == first


async def test_the_kinds_of_a_post_elsewhere_are_what_its_site_tells(
    studio: Studio, reactions: Reactions
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    await studio.database.write(reactions.add, amina, post, chloe, content=KINDS["thanks"])
    counters = studio.posts.counters

    async def tell(likes: Any) -> bool:
        now = await studio.database.read(studio.posts.by_id, post.id)
        return bool(await studio.database.write(counters.apply, now, {"likes": likes}))

    told = {
        "totalItems": 4,
        "byHost": {MEMBER: 3, "lyon.corp.example": 1},
        "byContent": {"🙏": {MEMBER: 2, "lyon.corp.example": 1}, "👀": {MEMBER: 1}, "x": 7},
    }
    assert await tell(told)
    status = await studio.status(amina, post.id)
    assert [(one["name"], one["count"]) for one in status["reactions"]] == [
        ("thanks", 3),
        ("seen", 1),
    ]
    assert not await tell(told), "nothing new"
    assert await tell({**told, "byContent": {}}), "the number is the same, the kinds are not"
    status = await studio.status(amina, post.id)
    assert [(one["name"], one["count"]) for one in status["reactions"]] == [("thanks", 1)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["byContent", "🙏", "👀", "lyon.corp.example", "other"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_told_kinds_from_anything(collection: Any) -> None:
    told = read_told(collection, "lyon.corp.example")
    assert set(told) <= set(KINDS.values())
    assert all(0 < many <= 2**53 for many in told.values())


async def test_what_somebody_deleted_liked_is_counted_no_more(
    studio: Studio, reactions: Reactions, events: Events
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    otto = await studio.cast.remote("otto", OUTSIDE)
    posts = [await studio.write(amina) for _ in range(3)]
    for post in posts:
        assert await act(studio, reactions, otto, post)
    assert await act(studio, reactions, bruno, posts[0])
    jobs = ReactionJobs(
        database=studio.database,
        reactions=reactions,
        posts=studio.posts,
        queue=studio.queue,
        events=events,
    )
    await studio.database.write(studio.cast.accounts.delete_remote, otto)
    planned = ("reactions.forget", {"account": otto.id, "local": 0})
    assert planned in studio.queue.jobs
    await jobs.forget(Job(1, planned[0], planned[1], None, 1, 0))
    counts = [(await studio.status(amina, post.id))["favourites_count"] for post in posts]
    assert counts == [1, 0, 0]
