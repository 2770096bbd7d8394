"""Polls on pages: who votes how, what is shown to whom, and what is said of votes not taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import HOUR
from fedrse.features.posts.model_polls import draw_poll, share
from tests.features.page_visitor import PageVisitor, visit
from tests.features.whole import Caller, WholeSite

DAY_SECONDS = 86_400


async def asked(author: Caller, **more: Any) -> Any:
    """A post with a poll about lunch."""
    poll = {"options": ["Soup & bread", "Salad"], "expires_in": DAY_SECONDS, **more}
    return await author.post("/api/v1/statuses", status="Lunch?", poll=poll)


async def reader_of(whole: WholeSite, name: str = "bruno") -> PageVisitor:
    return await visit(whole, await whole.person(name))


async def test_a_vote_without_script(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await asked(amina)
    bruno = await reader_of(whole)
    place = f"/@amina/{post['id']}"
    assert await bruno.get(place) == 200
    assert bruno.page.count('type="radio"') == 2
    assert "Soup &amp; bread" in bruno.page
    assert "Show the results" in bruno.words
    action = f"/posts/{post['id']}/vote"
    assert f'action="{action}?back=' in bruno.page
    assert await bruno.post(f"{action}?back={place}", ("choices[]", "1")) == 303
    assert bruno.place == place
    await bruno.get(place)
    assert 'type="radio"' not in bruno.page
    assert 'aria-label="Your choice"' in bruno.page
    assert "100% , 1 vote" in bruno.words
    assert "1 person voted" in bruno.words
    poll = (await amina.get(f"/api/v1/polls/{post['id']}"))["options"]
    assert [one["votes_count"] for one in poll] == [0, 1]


async def test_feeds_show_polls_too(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await asked(amina)
    bruno = await reader_of(whole)
    for path in ("/site", "/@amina"):
        assert await bruno.get(path) == 200
        assert bruno.page.count('name="choices[]"') == 2, path


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ([], "Choose an answer first."),
        (["0", "1"], "Only one answer can be chosen here."),
        (["7"], "This answer does not exist any more."),
        (["x"], "This answer does not exist any more."),
        (["99999999999999999999"], "This answer does not exist any more."),
    ],
)
async def test_what_is_wrong_stands_at_the_poll(
    whole: WholeSite, choices: list[str], sentence: str
) -> None:
    amina = await whole.person("amina")
    post = await asked(amina)
    bruno = await reader_of(whole)
    pairs = [("choices[]", one) for one in choices]
    assert await bruno.post(f"/posts/{post['id']}/vote?back=/site", *pairs) == 422
    assert sentence in bruno.words
    assert 'name="choices[]"' in bruno.page, "one can choose again"
    assert "back=/site" in bruno.page


async def test_several_answers_and_a_second_vote(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await asked(amina, multiple=True)
    bruno = await reader_of(whole)
    await bruno.get(f"/@amina/{post['id']}")
    assert bruno.page.count('type="checkbox" name="choices[]"') == 2
    action = f"/posts/{post['id']}/vote"
    both = (("choices[]", "0"), ("choices[]", "1"))
    assert await bruno.post(action, *both) == 303
    assert bruno.place == "/"
    assert await bruno.post(action, *both) == 422
    assert "You have voted already." in bruno.words
    await bruno.get(f"/@amina/{post['id']}")
    assert bruno.words.count("100%") == 2, "each is compared with the people"
    assert "1 person voted" in bruno.words


async def test_hidden_results_are_shown_at_the_end(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await asked(amina, hide_totals=True)
    bruno = await reader_of(whole)
    place = f"/@amina/{post['id']}"
    await bruno.get(place)
    assert "The results are shown when the poll is over." in bruno.words
    assert "Show the results" not in bruno.words
    await bruno.post(f"/posts/{post['id']}/vote", ("choices[]", "0"))
    await bruno.get(place)
    assert 'aria-label="Your choice"' in bruno.page
    assert "The results are shown when the poll is over." in bruno.words
    assert "100%" not in bruno.words
    whole.clock.advance(25 * HOUR)
    bruno = await visit(whole, bruno.caller)
    await bruno.get(place)
    assert "100%" in bruno.words
    assert "Over" in bruno.words
    assert await bruno.post(f"/posts/{post['id']}/vote", ("choices[]", "1")) == 422
    assert "The poll is over" in bruno.words


async def test_authors_see_numbers_and_have_no_vote(whole: WholeSite) -> None:
    amina = await visit(whole, await whole.person("amina"))
    post = await asked(amina.caller)
    await amina.get(f"/@amina/{post['id']}")
    assert 'name="choices[]"' not in amina.page
    assert "0 people voted" in amina.words
    assert await amina.post(f"/posts/{post['id']}/vote", ("choices[]", "0")) == 422
    assert "You cannot vote in your own poll." in amina.words


async def test_scripts_get_the_poll_back(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await asked(amina)
    bruno = await reader_of(whole)
    bruno.headers["X-In-Place"] = "1"
    assert await bruno.post(f"/posts/{post['id']}/vote", ("choices[]", "0")) == 200
    assert f'<div class="poll" data-part="poll-{post["id"]}"' in bruno.page
    assert "100%" in bruno.words


async def test_polls_of_others_stay_closed(whole: WholeSite) -> None:
    """A post that is not for somebody has no poll for them, nor has one without a poll."""
    amina = await whole.person("amina")
    plain = await amina.post("/api/v1/statuses", status="No poll")
    hidden = await amina.post(
        "/api/v1/statuses",
        status="Lunch?",
        visibility="direct",
        poll={"options": ["Soup", "Salad"], "expires_in": DAY_SECONDS},
    )
    bruno = await reader_of(whole)
    for one in (plain, hidden):
        path = f"/posts/{one['id']}/vote"
        assert await bruno.get(path) == 404
        assert await bruno.post(path, ("choices[]", "0")) == 404
    bruno.csrf = "wrong"
    assert await bruno.post(f"/posts/{plain['id']}/vote", ("choices[]", "0")) == 403


async def test_in_french(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await asked(amina)
    bruno = await visit(whole, await whole.person("bruno"), language="fr")
    await bruno.get(f"/@amina/{post['id']}")
    assert "Voter" in bruno.words
    assert "0 personne a voté" in bruno.words


counts = st.none() | st.integers(0, 10**9)


@given(
    votes=st.lists(counts, max_size=20),
    total=st.integers(0, 10**9),
    voters=counts,
    multiple=st.booleans(),
)
def test_numbers_of_other_sites_cannot_break_a_bar(
    votes: list[int | None], total: int, voters: int | None, *, multiple: bool
) -> None:
    """Whatever another site tells, a bar is as long as its place at most."""
    poll = draw_poll(
        {
            "poll": {
                "id": "1",
                "expires_at": None,
                "expired": False,
                "multiple": multiple,
                "votes_count": total,
                "voters_count": voters,
                "options": [{"title": "x", "votes_count": one} for one in votes],
            }
        },
        me=None,
        back="/",
    )
    assert poll is not None
    assert poll.action == ""
    shown = [one.percent for one in poll.options]
    if None in votes:
        assert set(shown) == {None}
    else:
        assert all(one is not None and 0 <= one <= 100 for one in shown)


def test_shares_are_rounded() -> None:
    assert [share(*pair) for pair in ((1, 3), (2, 3), (0, 0), (5, 4))] == [33, 67, 0, 100]
