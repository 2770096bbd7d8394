"""Rendered for many at once, a status is what each of them would get alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fedrse.features.accounts.model import Account
from fedrse.features.polls.service import Polls
from fedrse.features.posts.model import Audience, QuotePolicy
from fedrse.features.reactions.service import Reactions
from fedrse.features.reactions.service_flags import contribute
from fedrse.store.database import Transaction
from tests.features.fakes import FakeOutbox, FakeQueue
from tests.features.posts.studio import Studio


async def same_for_each(studio: Studio, people: list[Account], ids: list[int]) -> None:
    """Compares both ways for all these people and posts."""
    viewers = [one.id for one in people]

    async def alone(tx: Transaction) -> dict[int, dict[int, Any]]:
        found: dict[int, dict[int, Any]] = {one: {} for one in ids}
        for viewer in viewers:
            entities = await studio.posts.entities_by_id(tx, ids, viewer)
            for post_id, text in entities.items():
                found[post_id][viewer] = msgspec.json.decode(text)
        return found

    async def together(tx: Transaction) -> dict[int, dict[int, Any]]:
        rendered = await studio.posts.for_many.render(tx, dict.fromkeys(ids, viewers))
        return {
            post_id: {viewer: msgspec.json.decode(text) for viewer, text in those.items()}
            for post_id, those in rendered.items()
        }

    assert await studio.do(together) == await studio.do(alone)


@pytest.fixture
def reactions(studio: Studio, ids: Any, local_ids: Any, outbox: FakeOutbox) -> Reactions:
    made = Reactions(
        clock=studio.clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        events=studio.events,
        counter=studio.posts.counters,
    )
    contribute(studio.posts, made)
    return made


async def test_flags_blocks_and_audiences(studio: Studio, reactions: Reactions) -> None:
    amina, bruno, chloe, dora = [
        await studio.cast.local(name) for name in ("amina", "bruno", "chloe", "dora")
    ]
    people = [amina, bruno, chloe, dora]
    await studio.follow(bruno, amina)
    await studio.block(amina, dora)
    posts = studio.posts
    plain = await studio.write(amina, "All may read this @chloe")
    closed = await studio.write(amina, "Followers", audience=Audience.FOLLOWERS)
    direct = await studio.write(amina, "@chloe only", audience=Audience.DIRECT)
    picky = await studio.write(amina, "Quote me", quote_policy=QuotePolicy.FOLLOWERS)
    boost = await studio.do(posts.boost, bruno, plain.id)
    quote = await studio.write(bruno, "See", quote_of_id=plain.id)
    await studio.do(posts.marks.bookmark, chloe.id, plain.id)
    await studio.do(reactions.add, bruno, plain, amina)
    await studio.do(posts.marks.pin, amina, picky.id)
    ids = [plain.id, closed.id, direct.id, picky.id, boost.id, quote.id]
    await same_for_each(studio, people, ids)
    seen = await studio.do(posts.for_many.render, {closed.id: [one.id for one in people]})
    assert set(seen[closed.id]) == {amina.id, bruno.id}


async def test_polls(studio: Studio, ids: Any, local_ids: Any, queue: FakeQueue) -> None:
    polls = Polls(
        clock=studio.clock,
        ids=ids,
        local_ids=local_ids,
        outbox=studio.outbox,
        queue=queue,
        events=studio.events,
        posts=studio.posts,
    )
    studio.posts.polls = polls
    people = [await studio.cast.local(name) for name in ("amina", "bruno", "chloe")]
    amina, bruno, _ = people
    poll = {"options": ["yes", "no", "both"], "expires_in": 3600, "multiple": True}
    post = await studio.write(amina, "Which?", poll=poll)
    boost = await studio.do(studio.posts.boost, bruno, post.id)
    await same_for_each(studio, people, [post.id, boost.id])
    await studio.do(polls.vote, bruno, post.id, [2, 0])
    await same_for_each(studio, people, [post.id, boost.id])


async def test_many_cost_as_many_queries_as_one(studio: Studio) -> None:
    people = [await studio.cast.local(f"p{number}") for number in range(8)]
    post = await studio.write(people[0], "Hello")
    count = 0

    class Counting:
        """Counts the statements of a transaction."""

        def __init__(self, tx: Transaction) -> None:
            self._tx = tx

        def __getattr__(self, name: str) -> Any:
            nonlocal count
            if name in ("all", "one", "value"):
                count += 1
            return getattr(self._tx, name)

    async def render(tx: Transaction, viewers: list[Account]) -> int:
        nonlocal count
        count = 0
        wanted = {post.id: [one.id for one in viewers]}
        counting: Any = Counting(tx)
        rendered = await studio.posts.for_many.render(counting, wanted)
        assert len(rendered[post.id]) == len(viewers)
        return count

    await studio.database.read(render, people)  # fills the caches
    one = await studio.database.read(render, people[1:2])
    assert await studio.database.read(render, people) == one == 1
