"""Polls of this site: asking, votes, numbers, the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fedrse.core.clock import MINUTE
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.polls.service import END, Polls
from fedrse.features.posts.model import Visibility
from fedrse.features.posts.service_counters import TELL_TOTALS
from fedrse.store.database import Transaction
from tests.features.polls.questions import POLL, ask, numbers, run_end, shown, vote_note
from tests.features.posts.studio import OTHER_MEMBER, Studio

# Asking


async def test_a_poll_is_a_part_of_its_status(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await ask(studio, amina)
    assert post.kind == "question"
    status = await studio.status(bruno, post.id)
    assert status["poll"] == await shown(studio, polls, bruno, post.id)
    assert status["poll"]["id"] == str(post.id)
    assert status["poll"]["expires_at"] == "2026-01-15T09:10:00.000Z"
    assert (status["poll"]["voted"], status["poll"]["own_votes"]) == (False, [])
    assert (await studio.status(amina, post.id))["poll"]["voted"] is True
    plain = await studio.write(amina)
    assert (await studio.status(bruno, plain.id))["poll"] is None


@pytest.mark.parametrize(
    "poll", [{"options": ["oui"]}, {"expires_in": "5"}, {"expires_in": ""}, {"options": "oui"}]
)
async def test_a_poll_that_is_not_possible_is_no_post(
    studio: Studio, polls: Polls, poll: dict[str, Any]
) -> None:
    amina = await studio.cast.local("amina")
    with pytest.raises(Invalid, match="Poll"):
        await ask(studio, amina, **poll)
    assert (await studio.cast.again(amina)).statuses_count == 0


async def test_a_question_goes_out(studio: Studio, polls: Polls) -> None:
    amina = await studio.cast.local("amina")
    await ask(studio, amina, multiple="true", hide_totals="1", options={"0": "oui", "1": "non"})
    note = studio.outbox.last("Create").activity["object"]
    assert note["type"] == "Question"
    assert [one["name"] for one in note["anyOf"]] == ["oui", "non"]
    assert all("totalItems" not in one["replies"] for one in note["anyOf"])
    assert note["endTime"] == "2026-01-15T09:10:00Z"
    assert note["votersCount"] == 0
    assert not {"oneOf", "closed"} & set(note)


async def test_editing(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await ask(studio, amina)
    await studio.database.write(polls.vote, bruno, post.id, [0])
    studio.clock.advance(MINUTE)
    # The same question: votes stay, the new time counts.
    await studio.edit(amina, post.id, poll=POLL | {"hide_totals": True, "expires_in": 900})
    poll = await shown(studio, polls, bruno, post.id)
    assert (poll["own_votes"], poll["votes_count"], poll["voters_count"]) == ([0], 1, 1)
    assert numbers(poll) == [None, None, None]
    assert poll["expires_at"] == "2026-01-15T09:16:00.000Z"
    # Another one: votes are void.
    studio.clock.advance(MINUTE)
    await studio.edit(amina, post.id, poll=POLL | {"options": ["non", "oui"]})
    poll = await shown(studio, polls, bruno, post.id)
    assert (poll["own_votes"], numbers(poll), poll["voters_count"]) == ([], [0, 0], 0)
    await studio.database.write(polls.vote, bruno, post.id, [0])
    studio.clock.advance(MINUTE)
    await studio.edit(amina, post.id, poll=POLL | {"options": ["non", "oui"], "multiple": True})
    assert (await shown(studio, polls, bruno, post.id))["own_votes"] == []
    versions = await studio.database.read(studio.posts.history, post)
    assert [one.poll for one in versions] == [POLL["options"]] * 2 + [["non", "oui"]] * 2
    # None: the poll goes.
    studio.clock.advance(MINUTE)
    changed = await studio.edit(amina, post.id, text="Trop tard")
    assert changed.kind == "note"
    with pytest.raises(NotFound):
        await shown(studio, polls, bruno, post.id)
    assert studio.outbox.last("Update").activity["object"]["type"] == "Note"


# Votes here


async def test_votes_are_counted_and_told(studio: Studio, polls: Polls) -> None:
    amina, bruno, chloe = [await studio.cast.local(name) for name in ("amina", "bruno", "chloe")]
    post = await ask(studio, amina)
    await studio.database.write(polls.vote, bruno, post.id, [1])
    await studio.database.write(polls.vote, chloe, post.id, [1])
    poll = await shown(studio, polls, bruno, post.id)
    assert (numbers(poll), poll["votes_count"], poll["voters_count"]) == ([0, 2, 0], 2, 2)
    assert (poll["voted"], poll["own_votes"]) == (True, [1])
    assert (TELL_TOTALS, {"post": post.id}) in studio.queue.jobs
    assert studio.outbox.types() == ["Create"]


async def test_votes_for_several_options(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await ask(studio, amina, multiple=True)
    await studio.database.write(polls.vote, bruno, post.id, [2, 0, 2])
    await studio.database.write(polls.vote, bruno, post.id, [1])
    poll = await shown(studio, polls, bruno, post.id)
    assert (numbers(poll), poll["votes_count"], poll["voters_count"]) == ([1, 1, 1], 3, 1)
    assert poll["own_votes"] == [0, 1, 2]
    with pytest.raises(Invalid, match="already voted"):
        await studio.database.write(polls.vote, bruno, post.id, [2])


async def test_votes_that_do_not_count(studio: Studio, polls: Polls) -> None:
    amina, bruno, chloe = [await studio.cast.local(name) for name in ("amina", "bruno", "chloe")]
    post = await ask(studio, amina)
    await studio.database.write(polls.vote, chloe, post.id, [0])
    for voter, choices, why in (
        (amina, [0], "You cannot vote in your own polls"),
        (bruno, [], "Choices can't be blank"),
        (bruno, [3], "The chosen vote option does not exist"),
        (bruno, [0, -1], "The chosen vote option does not exist"),
        (bruno, [0, 1], "This poll allows one choice only"),
        (chloe, [0], "You have already voted on this poll"),
        (chloe, [1], "You have already voted on this poll"),
    ):
        with pytest.raises(Invalid, match=why):
            await studio.database.write(polls.vote, voter, post.id, choices)
    studio.clock.advance(10 * MINUTE)
    with pytest.raises(Invalid, match="The poll has already ended"):
        await studio.database.write(polls.vote, bruno, post.id, [0])
    poll = await shown(studio, polls, bruno, post.id)
    assert (numbers(poll), poll["voters_count"]) == ([1, 0, 0], 1)


async def test_only_who_sees_a_poll_votes(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    hidden = await studio.write(amina, "?", poll=POLL, visibility=Visibility.PRIVATE)
    plain = await studio.write(amina)
    boost = await studio.do(studio.posts.boost, amina, (await ask(studio, amina)).id)
    for post in (hidden, plain, boost):
        with pytest.raises(NotFound):
            await studio.database.write(polls.vote, bruno, post.id, [0])
        with pytest.raises(NotFound):
            await shown(studio, polls, bruno, post.id)
    await studio.follow(bruno, amina)
    await studio.database.write(polls.vote, bruno, hidden.id, [0])


async def test_many_vote_at_once(studio: Studio, polls: Polls) -> None:
    """Every vote counts once, also in transactions that run side by side."""
    amina = await studio.cast.local("amina")
    voters = [await studio.cast.local(f"p{number}") for number in range(8)]
    post = await ask(studio, amina)
    results = await asyncio.gather(
        *(
            studio.database.write(polls.vote, voter, post.id, [number % 3])
            for number, voter in enumerate([*voters, *voters])
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Invalid) for one in results) == len(voters)
    poll = await shown(studio, polls, amina, post.id)
    assert (poll["votes_count"], poll["voters_count"]) == (8, 8)


async def test_visitors_see_no_poll(studio: Studio, polls: Polls) -> None:
    from fedrse.core.errors import Unauthenticated

    post = await ask(studio, await studio.cast.local("amina"))
    with pytest.raises(Unauthenticated):
        await shown(studio, polls, None, post.id)


# The end


async def test_the_end_is_told_once(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    dora = await studio.cast.remote("dora", OTHER_MEMBER)
    post = await ask(studio, amina)
    await studio.database.write(polls.vote, bruno, post.id, [0])
    note = vote_note(studio, dora, post, "oui")
    await studio.receive(dora, {"type": "Create", "object": note})
    studio.hear(PollEnded)
    await run_end(studio, polls, post.id)
    assert studio.heard == []  # not yet
    studio.queue.jobs.clear()
    studio.queue.keys.clear()
    studio.clock.advance(10 * MINUTE)
    await run_end(studio, polls, post.id)
    await run_end(studio, polls, post.id)
    assert studio.heard == [PollEnded(post.id, amina.id, (bruno.id,))]
    assert studio.queue.jobs == [(TELL_TOTALS, {"post": post.id})]

    async def document(tx: Transaction) -> Any:
        return await polls.document(tx, post.id)

    told = await studio.database.read(document)
    assert told["closed"] == told["endTime"] == "2026-01-15T09:10:00Z"


async def test_a_poll_that_was_extended_ends_later(studio: Studio, polls: Polls) -> None:
    amina = await studio.cast.local("amina")
    post = await ask(studio, amina)
    studio.hear(PollEnded)
    studio.clock.advance(9 * MINUTE)
    await studio.edit(amina, post.id, poll=POLL)
    studio.clock.advance(MINUTE)
    studio.queue.jobs.clear()
    studio.queue.keys.clear()
    await run_end(studio, polls, post.id)
    assert studio.heard == []
    assert studio.queue.jobs == [(END, {"post": post.id})]


async def test_the_end_of_a_deleted_poll(studio: Studio, polls: Polls) -> None:
    amina = await studio.cast.local("amina")
    post = await ask(studio, amina)
    studio.hear(PollEnded)
    await studio.do(studio.posts.delete, amina, post.id)
    studio.clock.advance(10 * MINUTE)
    await run_end(studio, polls, post.id)
    assert studio.heard == []


async def test_a_blocked_voter(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await ask(studio, amina)
    await studio.block(amina, bruno)
    with pytest.raises((NotFound, Forbidden)):
        await studio.database.write(polls.vote, bruno, post.id, [0])
