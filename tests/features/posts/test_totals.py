"""Sites agree on totals: the author's site tells, receivers add what it has not yet counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import SECOND
from fedrse.features.accounts.model import Account
from fedrse.features.posts.jobs import PostJobs
from fedrse.features.posts.model import Post
from fedrse.features.posts.service_counters import TELL_TOTALS, _others
from fedrse.jobs.model import Job
from tests.features.posts.studio import MEMBER, OTHER_MEMBER, OUTSIDE, Studio

OWN = "lyon.corp.example"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.dictionaries(st.sampled_from(["totalItems", "byHost", OWN, "id"]), inner, max_size=4)
            | st.lists(inner, max_size=2)
        ),
    ),
    st.integers(0, 100),
)
def test_a_collection_of_any_shape_counts_or_does_not(collection: Any, ours: int) -> None:
    others = _others(collection, OWN, ours)
    assert others is None or 0 <= others < 1 << 53


async def tell(studio: Studio, post: Post) -> None:
    """Runs the job that tells totals."""
    jobs = PostJobs(
        database=studio.database,
        posts=studio.posts,
        fetcher=None,  # type: ignore[arg-type]  (tells only)
        threads=None,  # type: ignore[arg-type]
        clock=studio.clock,
    )
    studio.queue.keys.clear()
    job = Job(1, TELL_TOTALS, {"post": post.id}, None, 1, 0)
    await studio.database.write(jobs.tell_totals, job)


async def announced(studio: Studio, who: Account, post: Post) -> None:
    activity = {"type": "Announce", "id": f"{who.uri}/a/{post.id}", "object": post.uri}
    await studio.receive(who, activity | {"to": "Public"})


async def test_the_author_tells_totals_by_host_once_in_five_seconds(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    oslo = await studio.cast.remote("olav", OTHER_MEMBER)
    post = await studio.write(amina)
    await announced(studio, chloe, post)
    await announced(studio, oslo, post)
    await studio.do(studio.posts.boost, bruno, post.id)
    await studio.write(bruno, "oui", reply_to_id=post.id)
    told = [job for job in studio.queue.jobs if job[0] == TELL_TOTALS]
    assert told == [(TELL_TOTALS, {"post": post.id})]
    await tell(studio, post)
    update = studio.outbox.last("Update")
    note = update.activity["object"]
    assert note["shares"]["totalItems"] == 3
    assert note["shares"]["byHost"] == {MEMBER: 1, OTHER_MEMBER: 1, OWN: 1}
    assert note["replies"]["totalItems"] == 1
    assert note["replies"]["byHost"] == {OWN: 1}
    assert note["likes"]["totalItems"] == 0
    assert "updated" not in note
    assert update.recipients.members
    assert update.recipients.only_members
    # Too early: planned for later instead.
    studio.clock.advance(2 * SECOND)
    await tell(studio, post)
    assert studio.outbox.types().count("Update") == 1
    assert studio.queue.jobs[-1] == (TELL_TOTALS, {"post": post.id})
    studio.clock.advance(3 * SECOND)
    await tell(studio, post)
    assert studio.outbox.types().count("Update") == 2


async def test_posts_of_the_site_tell_nobody(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, local_only=True)
    await studio.do(studio.posts.boost, bruno, post.id)
    await studio.write(bruno, "oui", reply_to_id=post.id)
    assert studio.queue.jobs == []


def collections(likes: Any, shares: Any = None, replies: Any = None) -> Json:
    """The collections of a note; a pair is (total, by host)."""
    found: Json = {}
    for name, value in (("likes", likes), ("shares", shares), ("replies", replies)):
        if value is not None:
            total, by_host = value
            found[name] = {"type": "Collection", "totalItems": total, "byHost": by_host}
    return found


@pytest.mark.parametrize("order", ["own first", "told first"])
async def test_a_receiver_adds_what_is_not_yet_counted(studio: Studio, order: str) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe, "1", **collections((0, {}), (0, {}), (0, {})))

    async def shown() -> int:
        status = await studio.status(amina, post.id)
        return int(status["reblogs_count"])

    async def update(total: int, by_host: dict[str, int]) -> None:
        note = studio.note(chloe, "1", **collections((0, {}), (total, by_host)))
        await studio.receive(chloe, {"type": "Update", "object": note})

    assert await shown() == 0
    if order == "own first":
        await studio.do(studio.posts.boost, amina, post.id)
        assert await shown() == 1
        await update(3, {OTHER_MEMBER: 3})  # written before ours came
        assert await shown() == 4
        await studio.do(studio.posts.boost, bruno, post.id)
        assert await shown() == 5
        await update(4, {OTHER_MEMBER: 3, OWN: 1})
        assert await shown() == 5
    else:
        await update(3, {OTHER_MEMBER: 3})
        await studio.do(studio.posts.boost, amina, post.id)
        await studio.do(studio.posts.boost, bruno, post.id)
        assert await shown() == 5
    await update(5, {OTHER_MEMBER: 3, OWN: 2})
    assert await shown() == 5
    # Ours taken back is not counted any more, though the author's site still counts it.
    await studio.do(studio.posts.unboost, bruno, post.id)
    assert await shown() == 4
    await update(4, {OTHER_MEMBER: 3, OWN: 1})
    assert await shown() == 4


async def test_totals_without_hosts_are_taken_to_count_ours(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    post = await studio.create(otto)
    await studio.do(studio.posts.boost, amina, post.id)
    note = studio.note(otto, "1", shares={"totalItems": 7}, likes={"totalItems": 2})
    await studio.receive(otto, {"type": "Update", "object": note})
    status = await studio.status(amina, post.id)
    assert (status["reblogs_count"], status["favourites_count"]) == (7, 2)


async def test_while_nothing_is_told_what_arrives_is_counted(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    third = await studio.cast.remote("third", "third.example")
    for author in (otto, third):
        await studio.follow(amina, author)
    post = await studio.create(otto)
    await announced(studio, third, post)
    reply = await studio.create(third, "r", inReplyTo=post.uri)
    status = await studio.status(amina, post.id)
    assert (status["reblogs_count"], status["replies_count"]) == (1, 1)
    await studio.receive(third, {"type": "Delete", "object": reply.uri})
    assert (await studio.status(amina, post.id))["replies_count"] == 0
    # Once the author's site has told, it is the authority.
    note = studio.note(otto, "1", replies={"totalItems": 4})
    await studio.receive(otto, {"type": "Update", "object": note})
    await studio.create(third, "r2", inReplyTo=post.uri)
    assert (await studio.status(amina, post.id))["replies_count"] == 4


@pytest.mark.parametrize(
    "nonsense",
    [
        {"likes": {"totalItems": -1}},
        {"likes": {"totalItems": "many"}},
        {"likes": {"totalItems": 1 << 60}},
        {"likes": {"totalItems": True}},
        {"likes": {"totalItems": 3, "byHost": {OWN: 99}}},
        {"likes": {"totalItems": 0, "byHost": {OWN: "x"}}},
        {"likes": "https://social.example/likes"},
        {"likes": [1, 2]},
    ],
)
async def test_nonsense_is_not_believed(studio: Studio, nonsense: Json) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    post = await studio.create(otto, "1", **nonsense)
    assert (await studio.status(amina, post.id))["favourites_count"] == 0


async def test_only_the_author_tells(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    mallory = await studio.cast.remote("mallory", MEMBER)
    post = await studio.create(chloe)
    note = studio.note(chloe, "1", **collections((99, {})))
    from fedrse.activitypub.dispatch import Refused

    with pytest.raises(Refused):
        await studio.receive(mallory, {"type": "Update", "object": note})
    assert (await studio.status(amina, post.id))["favourites_count"] == 0
