"""Reasons why lists wait, in the language of who reads them."""

from __future__ import annotations

import pytest

from fedrse.features.policy.model import Effect
from fedrse.features.policy.model_lists import Entry
from fedrse.features.policy.model_reasons import about_failure, said
from fedrse.features.policy.model_subscriptions import suspicion
from fedrse.web.languages import Languages

MANY = [Entry(f"h{number}.example", Effect.DENY) for number in range(20)]


@pytest.mark.parametrize(
    ("members", "denied", "after"),
    [
        (["oslo.example"], ["oslo.example"], MANY),
        (["oslo.example", "nice.example"], ["nice.example", "oslo.example"], MANY),
        ([], ["a.example", "b.example"], MANY),
        ([], [], MANY[:3]),
    ],
)
def test_every_reason_has_its_sentence(
    members: list[str], denied: list[str], after: list[Entry]
) -> None:
    why = suspicion(MANY, after, denied=denied, peers=20, members=members, most=5)
    found = said(why)
    assert why
    assert found.values
    assert "text" not in found.values, "it is one of the known ones"
    assert str(found) == why
    assert Languages().gettext("fr", found.template) != found.template


def test_other_sentences_stay_as_they_are() -> None:
    assert str(said("100 % of nothing")) == "100 % of nothing"


def test_why_a_list_could_not_be_read() -> None:
    failure, lines = about_failure("line 2: 'x y' is not a host\nand 3 more")
    assert "Lines of it are wrong" in str(failure)
    assert list(lines) == [("2", "'x y' is not a host")]
    failure, lines = about_failure("The answer was 503.")
    assert "error of its own" in str(failure)
    assert list(lines) == []
    failure, _ = about_failure("Something else.")
    assert str(failure) == "Something else."
