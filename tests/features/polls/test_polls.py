"""Polls of this site and of others: votes, numbers, the end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from fedrse.core.clock import MINUTE, SECOND
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.polls.service import END, Polls
from fedrse.features.posts.model import Post, Visibility
from fedrse.features.posts.model_events import PostPublished
from fedrse.features.posts.service_counters import TELL_TOTALS
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction
from tests.features.posts.studio import MEMBER, OTHER_MEMBER, Studio

POLL = {"options": ["oui", "non", "peut-être"], "expires_in": "600"}


async def shown(studio: Studio, polls: Polls, viewer: Account | None, post_id: int) -> Any:
    return msgspec.json.decode(
        await studio.database.read(polls.access_poll, viewer.id if viewer else None, post_id)
    )


def numbers(poll: Any) -> list[int | None]:
    return [option["votes_count"] for option in poll["options"]]


async def ask(studio: Studio, author: Account, **poll: Any) -> Post:
    return await studio.write(author, "On y va ?", poll=POLL | poll)


async def run_end(studio: Studio, polls: Polls, post_id: int) -> None:
    job = Job(1, END, {"post": post_id}, None, 1, 0)
    await studio.database.write(polls.end, job)


def question(studio: Studio, author: Account, /, **more: Any) -> dict[str, Any]:
    options = [
        {"type": "Note", "name": title, "replies": {"type": "Collection", "totalItems": votes}}
        for title, votes in (("oui", 5), ("non", 2))
    ]
    values: dict[str, Any] = {"type": "Question", "oneOf": options, "votersCount": 7}
    return studio.note(author, "q", **(values | more))


def counted(oui: int, non: int) -> list[dict[str, Any]]:
    return [
        {"type": "Note", "name": title, "replies": {"totalItems": votes}}
        for title, votes in (("oui", oui), ("non", non))
    ]


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


# Votes from elsewhere


def vote_note(studio: Studio, voter: Account, post: Post, title: str, /, **more: Any) -> Any:
    name = f"vote-{title}-{studio.clock.now()}"
    values = {"name": title, "content": None, "inReplyTo": post.uri, "to": [post.uri], "cc": None}
    return studio.note(voter, name, **(values | more))


async def test_votes_of_mastodon_and_gotosocial(studio: Studio, polls: Polls) -> None:
    amina = await studio.cast.local("amina")
    dora, emil = await studio.cast.remote("dora", MEMBER), await studio.cast.remote("emil", MEMBER)
    post = await ask(studio, amina, multiple=True)
    studio.hear(PostPublished)
    for title in ("oui", "non"):  # one activity per choice
        note = vote_note(studio, dora, post, title)
        assert await studio.receive(dora, {"type": "Create", "object": note}) == "voted"
    notes = [vote_note(studio, emil, post, title) for title in ("?", "oui", "oui", "peut-être")]
    outcome = await studio.receive(emil, {"type": "Create", "object": notes})
    assert outcome == "unknown_option"  # of the first
    poll = await shown(studio, polls, amina, post.id)
    assert (numbers(poll), poll["voters_count"]) == ([2, 1, 1], 2)
    assert studio.heard == []  # votes are no posts
    assert (await studio.get(post.id)).replies_count == 0
    assert (TELL_TOTALS, {"post": post.id}) in studio.queue.jobs


async def test_remote_votes_that_do_not_count(studio: Studio, polls: Polls) -> None:
    amina = await studio.cast.local("amina")
    dora = await studio.cast.remote("dora", MEMBER)
    post = await ask(studio, amina)

    async def votes(title: str, **more: Any) -> str:
        studio.clock.advance(SECOND)
        note = vote_note(studio, dora, post, title, **more)
        return await studio.receive(dora, {"type": "Create", "object": note})

    assert await votes("jamais") == "unknown_option"
    assert await votes("oui") == "voted"
    assert await votes("oui") == "known"
    assert await votes("non") == "voted_already"
    studio.clock.advance(10 * MINUTE)
    assert await votes("non") == "poll_closed"
    poll = await shown(studio, polls, amina, post.id)
    assert (numbers(poll), poll["voters_count"]) == ([1, 0, 0], 1)


async def test_who_may_not_see_a_poll_does_not_vote(studio: Studio, polls: Polls) -> None:
    from fedrse.activitypub.dispatch import Refused

    amina = await studio.cast.local("amina")
    dora = await studio.cast.remote("dora", MEMBER)
    post = await studio.write(amina, "?", poll=POLL, visibility=Visibility.PRIVATE)
    note = vote_note(studio, dora, post, "oui")
    with pytest.raises(Refused, match="not_visible"):
        await studio.receive(dora, {"type": "Create", "object": note})
    assert numbers(await shown(studio, polls, amina, post.id)) == [0, 0, 0]


async def test_a_vote_is_never_a_post(studio: Studio, polls: Polls) -> None:
    """However it comes: as an update of something unknown, or read at its origin."""
    from fedrse.activitypub.dispatch import Ignored, Refused

    amina = await studio.cast.local("amina")
    dora = await studio.cast.remote("dora", MEMBER)
    post = await ask(studio, amina)
    note = vote_note(studio, dora, post, "oui")
    with pytest.raises(Ignored, match="vote"):
        await studio.receive(dora, {"type": "Update", "object": note})
    with pytest.raises(Refused, match="vote"):
        await studio.fetched(note)
    assert await studio.find(note["id"]) is None
    assert numbers(await shown(studio, polls, amina, post.id)) == [0, 0, 0]


async def test_a_vote_on_what_is_no_poll(studio: Studio, polls: Polls) -> None:
    from fedrse.activitypub.dispatch import Ignored

    amina = await studio.cast.local("amina")
    dora = await studio.cast.remote("dora", MEMBER)
    post = await studio.write(amina)
    note = vote_note(studio, dora, post, "oui")
    with pytest.raises(Ignored, match="vote"):
        await studio.receive(dora, {"type": "Create", "object": note})
    assert (await studio.get(post.id)).replies_count == 0


# Polls of other sites


async def test_a_question_arrives(studio: Studio, polls: Polls) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    document = question(studio, dora, endTime="2026-01-15T10:00:00Z")
    await studio.receive(dora, {"type": "Create", "object": document})
    post = await studio.find(document["id"])
    assert post is not None
    poll = (await studio.status(amina, post.id))["poll"]
    assert numbers(poll) == [5, 2]
    assert (poll["voters_count"], poll["multiple"], poll["expired"]) == (7, False, False)
    assert poll["expires_at"] == "2026-01-15T10:00:00.000Z"


async def test_a_vote_goes_to_the_author_only(studio: Studio, polls: Polls) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    options = counted(5, 2)
    document = question(studio, dora, oneOf=None, anyOf=options, endTime="2026-01-15T10:00:00Z")
    await studio.receive(dora, {"type": "Create", "object": document})
    post = await studio.find(document["id"])
    assert post is not None
    await studio.database.write(polls.vote, amina, post.id, [1, 0])
    poll = await shown(studio, polls, amina, post.id)
    assert (numbers(poll), poll["voters_count"], poll["own_votes"]) == ([6, 3], 8, [0, 1])
    assert [sent.activity["object"]["name"] for sent in studio.outbox.sent] == ["non", "oui"]
    for sent in studio.outbox.sent:
        note = sent.activity["object"]
        assert sent.activity["type"] == "Create"
        assert sent.sender == amina.id
        assert sent.recipients.accounts == (dora.id,)
        assert sent.recipients.personal
        assert sent.activity["to"] == note["to"] == dora.uri
        assert sent.activity["actor"] == note["attributedTo"] == amina.uri
        assert note["inReplyTo"] == document["id"]
        assert note["id"].startswith(f"{amina.uri}#votes/")
        assert "content" not in note
    assert len({sent.activity["id"] for sent in studio.outbox.sent}) == 2
    assert (END, {"post": post.id}) in studio.queue.jobs


async def test_numbers_of_the_authors_site_win(studio: Studio, polls: Polls) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    document = question(studio, dora)
    await studio.receive(dora, {"type": "Create", "object": document})
    post = await studio.find(document["id"])
    assert post is not None
    await studio.database.write(polls.vote, amina, post.id, [0])
    newer = question(studio, dora, oneOf=counted(9, 4), votersCount=13)
    await studio.receive(dora, {"type": "Update", "object": newer})
    poll = await shown(studio, polls, amina, post.id)
    assert (numbers(poll), poll["voters_count"], poll["own_votes"]) == ([9, 4], 13, [0])
    assert (await studio.get(post.id)).edited_at is None


async def test_other_options_make_votes_void(studio: Studio, polls: Polls) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    document = question(studio, dora)
    await studio.receive(dora, {"type": "Create", "object": document})
    post = await studio.find(document["id"])
    assert post is not None
    await studio.database.write(polls.vote, amina, post.id, [0])
    newer = question(studio, dora, oneOf=counted(0, 0)[::-1], votersCount=0)
    await studio.receive(dora, {"type": "Update", "object": newer})
    poll = await shown(studio, polls, amina, post.id)
    assert [one["title"] for one in poll["options"]] == ["non", "oui"]
    assert poll["own_votes"] == []


async def test_a_question_without_numbers_of_voters(studio: Studio, polls: Polls) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    document = question(studio, dora, votersCount=None)
    await studio.receive(dora, {"type": "Create", "object": document})
    post = await studio.find(document["id"])
    assert post is not None
    await studio.database.write(polls.vote, amina, post.id, [0])
    poll = await shown(studio, polls, amina, post.id)
    assert (poll["voters_count"], poll["votes_count"]) == (None, 8)


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


async def test_the_end_of_a_remote_poll(studio: Studio, polls: Polls) -> None:
    """By its own time, and then the last numbers are fetched; or told by its author's site."""
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    first = question(studio, dora, endTime="2026-01-15T09:05:00Z")
    await studio.receive(dora, {"type": "Create", "object": first})
    second = question(studio, dora) | {"id": f"https://{MEMBER}/notes/q2"}
    await studio.receive(dora, {"type": "Create", "object": second})
    posts = [await studio.find(one["id"]) for one in (first, second)]
    studio.hear(PollEnded)
    for post in posts:
        assert post is not None
        await studio.database.write(polls.vote, amina, post.id, [0])
    studio.clock.advance(5 * MINUTE)
    await run_end(studio, polls, posts[0].id)
    assert ("posts.refresh", {"uri": first["id"]}) in studio.queue.jobs
    await studio.receive(dora, {"type": "Update", "object": second | {"closed": True}})
    await studio.receive(dora, {"type": "Update", "object": second | {"closed": True}})
    await studio.receive(dora, {"type": "Update", "object": first | {"closed": first["endTime"]}})
    assert studio.heard == [PollEnded(post.id, dora.id, (amina.id,)) for post in posts]
    for post in posts:
        assert (await shown(studio, polls, amina, post.id))["expired"] is True


async def test_a_blocked_voter(studio: Studio, polls: Polls) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await ask(studio, amina)
    await studio.block(amina, bruno)
    with pytest.raises((NotFound, Forbidden)):
        await studio.database.write(polls.vote, bruno, post.id, [0])
