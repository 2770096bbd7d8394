"""What may be asked, and how a poll travels: pure rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line
from fedrse.features.instance.api import InstanceApi
from fedrse.features.polls import model
from fedrse.features.polls.model import (
    LONGEST,
    MOST_CODE_POINTS,
    SHORTEST,
    Option,
    Poll,
    PollDraft,
    entity,
    options_from_json,
    options_to_json,
)
from fedrse.features.polls.model_wire import MOST_REMOTE_OPTIONS, question_of, read_question
from fedrse.features.polls.tables import poll as table

NOW = 1_768_467_600_000


def test_the_value_has_the_columns_of_the_table() -> None:
    assert Poll.__struct_fields__ == tuple(column.name for column in table.columns)


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        ({"options": []}, "options must have more than one item"),
        ({"options": ["oui"]}, "options must have more than one item"),
        ({"options": ["oui", " ", ""]}, "options must have more than one item"),
        ({"options": [str(one) for one in range(11)]}, "options can't contain more than 10 items"),
        ({"options": ["oui", "x" * 101]}, "options cannot be longer than 100 characters each"),
        ({"options": ["oui", "e\u0301\u0302" * 99 + "\u0300" * 400]}, "cannot be longer"),
        ({"options": ["oui", "oui "]}, "options contain duplicate items"),
        ({"expires_in": None}, "expires at can't be blank"),
        ({"expires_in": SHORTEST - 1}, "expires at is too soon"),
        ({"expires_in": -5}, "expires at is too soon"),
        ({"expires_in": LONGEST + 1}, "expires at is too far into the future"),
    ],
)
def test_what_may_not_be_asked(draft: dict[str, Any], problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        PollDraft(**({"options": ["oui", "non"], "expires_in": SHORTEST} | draft)).check()
    assert refused.value.message.startswith("Validation failed: Poll ")
    assert problem in refused.value.message


def test_what_may_be_asked() -> None:
    PollDraft(["oui", "x" * 100], SHORTEST).check()
    PollDraft(["oui", "👨‍👩‍👧‍👦" * 70], LONGEST).check()
    assert PollDraft([" a\n b ", "", "c"]).titles() == ["a b", "c"]


def test_apps_are_told_the_same_limits() -> None:
    api = InstanceApi.__new__(InstanceApi)
    from fedrse.core.settings import Settings, SiteSettings

    api._settings = Settings(site=SiteSettings(base_url="https://lyon.corp.example"))
    api._vapid_key = ""
    assert api._configuration([])["polls"] == {
        "max_options": model.MOST_OPTIONS,
        "max_characters_per_option": model.LONGEST_OPTION,
        "min_expiration": SHORTEST,
        "max_expiration": LONGEST,
    }


def poll_with(**changes: Any) -> Poll:
    values: dict[str, Any] = {
        "post_id": 7,
        "multiple": False,
        "hide_totals": False,
        "options": (Option("oui", 3), Option("non", 1)),
        "voters_count": 4,
        "closes_at": NOW + 60_000,
        "closed_at": None,
    }
    return Poll(**(values | changes))


# For apps


def test_entity() -> None:
    assert entity(poll_with(), NOW, [], [1]) == {
        "id": "7",
        "expires_at": "2026-01-15T09:01:00.000Z",
        "expired": False,
        "multiple": False,
        "votes_count": 4,
        "voters_count": 4,
        "options": [{"title": "oui", "votes_count": 3}, {"title": "non", "votes_count": 1}],
        "emojis": [],
        "voted": True,
        "own_votes": [1],
    }
    assert "voted" not in entity(poll_with(), NOW, [], None)
    assert entity(poll_with(), NOW, [], [])["voted"] is False
    assert entity(poll_with(closes_at=None), NOW, [], None)["expires_at"] is None
    assert entity(poll_with(voters_count=None), NOW, [], None)["voters_count"] is None


def test_hidden_numbers_are_shown_after_the_end() -> None:
    poll = poll_with(hide_totals=True)
    during = entity(poll, NOW, [], None)
    assert [one["votes_count"] for one in during["options"]] == [None, None]
    assert during["votes_count"] == 4
    for ended in (
        entity(poll, NOW + 60_000, [], None),
        entity(poll_with(closed_at=1), NOW, [], None),
    ):
        assert ended["expired"] is True
        assert [one["votes_count"] for one in ended["options"]] == [3, 1]


def test_only_emoji_that_options_use_are_listed() -> None:
    known = [{"shortcode": "blobcat"}, {"shortcode": "unused"}]
    poll = poll_with(options=(Option(":blobcat: oui"), Option("non")))
    assert entity(poll, NOW, known, None)["emojis"] == known[:1]


# On the wire


def test_a_question_as_mastodon_writes_it() -> None:
    found = read_question(
        {
            "type": "Question",
            "votersCount": 3,
            "oneOf": [
                {"type": "Note", "name": "oui", "replies": {"type": "Collection", "totalItems": 2}},
                {"type": "Note", "name": "non", "replies": {"type": "Collection", "totalItems": 1}},
            ],
            "endTime": "2026-01-15T09:00:00Z",
        }
    )
    assert found is not None
    assert found.options == (Option("oui", 2), Option("non", 1))
    assert (found.multiple, found.hide_totals, found.voters_count) == (False, False, 3)
    assert (found.closes_at, found.closed_at) == (NOW, None)


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("2026-01-15T09:00:00Z", NOW),
        (True, 0),
        ("true", None),
        (False, None),
        (None, None),
        (7, None),
        ("0000-01-01T00:00:00Z", None),
    ],
)
def test_closed_in_all_forms(closed: Any, expected: int | None) -> None:
    found = read_question({"oneOf": [{"name": "oui"}], "closed": closed})
    assert found is not None
    assert found.closed_at == expected


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"oneOf": None},
        {"oneOf": []},
        {"oneOf": "oui", "anyOf": []},
        {"anyOf": [None, 7, "oui", [], {}, {"name": ""}, {"name": 7}, {"name": " \n"}]},
    ],
)
def test_a_question_without_options(document: dict[str, Any]) -> None:
    assert read_question(document) is None


@pytest.mark.parametrize("votes", [None, -1, True, "3", 1.5, 2**60, {}, []])
def test_strange_numbers_are_no_votes(votes: Any) -> None:
    option = {"name": "oui", "replies": {"totalItems": votes}}
    found = read_question({"oneOf": [option], "votersCount": votes})
    assert found is not None
    assert (found.options, found.voters_count) == ((Option("oui"),), None)


def test_thousands_of_options_are_cut() -> None:
    many = [{"name": f"{number} " + "x" * 10_000} for number in range(5000)]
    found = read_question({"anyOf": many})
    assert found is not None
    assert len(found.options) == MOST_REMOTE_OPTIONS
    assert all(len(option.title) <= MOST_CODE_POINTS for option in found.options)


_titles = st.text(min_size=1, max_size=60).map(lambda text: clean_line(text, 100)).filter(bool)
_polls = st.builds(
    Poll,
    post_id=st.just(7),
    multiple=st.booleans(),
    hide_totals=st.booleans(),
    options=st.lists(
        st.builds(Option, _titles, st.integers(0, 2**40)),
        min_size=2,
        max_size=20,
        unique_by=lambda option: option.title,
    ).map(tuple),
    voters_count=st.none() | st.integers(0, 2**40),
    closes_at=st.none() | st.integers(NOW // 1000 - 9, NOW // 1000 + 9).map(lambda s: s * 1000),
    closed_at=st.none(),
)


@given(poll=_polls)
def test_a_site_reads_what_a_site_writes(poll: Poll) -> None:
    document = question_of(poll, NOW)
    read = read_question(document)
    assert read is not None
    assert read.multiple == poll.multiple
    assert read.voters_count == poll.voters_count
    assert read.closes_at == poll.closes_at
    assert (read.closed_at is not None) == poll.is_closed(NOW)
    hidden = poll.hide_totals and not poll.is_closed(NOW)
    assert read.hide_totals == hidden
    expected = [Option(one.title, 0 if hidden else one.votes) for one in poll.options]
    assert list(read.options) == expected


@given(poll=_polls)
def test_options_in_the_table(poll: Poll) -> None:
    assert options_from_json(options_to_json(poll.options)) == poll.options


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["name", "replies", "totalItems", "oneOf", "anyOf", "closed", "endTime"]
            ),
            inner,
        )
    ),
)


@given(
    document=st.dictionaries(
        st.sampled_from(["oneOf", "anyOf", "endTime", "closed", "votersCount"]), _json
    )
)
def test_any_shape_is_survived(document: dict[str, Any]) -> None:
    found = read_question(document)
    if found is not None:
        assert 1 <= len(found.options) <= MOST_REMOTE_OPTIONS
        assert all(0 <= option.votes < 2**53 for option in found.options)
