"""Polls over several sites: votes from elsewhere, and questions of others."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import MINUTE, SECOND
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.polls.service import END, Polls
from fedrse.features.posts.model import Visibility
from fedrse.features.posts.model_events import PostPublished
from fedrse.features.posts.service_counters import TELL_TOTALS
from tests.features.polls.questions import (
    POLL,
    ask,
    counted,
    numbers,
    question,
    run_end,
    shown,
    vote_note,
)
from tests.features.posts.studio import MEMBER, Studio

# Votes from elsewhere


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
