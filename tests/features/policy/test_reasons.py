"""Reasons why lists wait, in the language of who reads them."""

from __future__ import annotations

import pytest

from fedrse.features.policy.model import Effect
from fedrse.features.policy.model_fields import BadRules, Said
from fedrse.features.policy.model_files import read_rules_file
from fedrse.features.policy.model_lists import Entry, read_list
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
        ([], [], []),
        ([], [], [Entry(one.host, Effect.LIMIT) for one in MANY]),
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
    ((number, words),) = lines
    assert (number, str(words)) == ("2", "'x y' is not a host")
    assert words.values == {"text": "x y"}
    failure, lines = about_failure("The answer was 503.")
    assert "error of its own" in str(failure)
    assert list(lines) == []
    failure, _ = about_failure("Something else.")
    assert str(failure) == "Something else."


@pytest.mark.parametrize(
    "document",
    [
        "domain,severity\na.example,supend\n",
        "domain,severity\na.example,nonsense\n",
        "domain,severty\n",
        "domain,everything\n",
        "severity,obfuscate\n",
        "domain,severity\na.example,noop,true\n",
        'domain,severity\n"a.example,suspend\n',
        "domain,reject_media\na.example,perhaps\n",
        "domain,severity\na.example,suspend\na.example,silence\n",
        '[{"domain": "a.example", "comment": 3}]',
        '[{"domain": "a.example"}',
        '[{"domain": "a.example"}] more',
        "[3]",
        '[{"domain"}]',
        '[{"domain": "a.example",}]',
        '[{"domain": "a\nb"}]',
        '[{"domain": "a", "domain": "b"}]',
        "[[rule]]\n",
        "[" * 80,
        "own.example\n",
        "not a host\n",
        "domain\n\n,\n\x00\n",
    ],
)
def test_whatever_is_wrong_in_a_list_is_told_in_french(document: str) -> None:
    """As it is kept, in English, and told again later."""
    with pytest.raises(BadRules) as caught:
        read_list(document.encode(), own="own.example")
    (problem,) = caught.value.problems
    assert isinstance(problem.said, Said)
    assert Languages().gettext("fr", problem.said.template) != problem.said.template
    _, lines = about_failure(caught.value.message)
    for _number, words in lines:
        assert str(words) == problem.reason
        assert Languages().gettext("fr", words.template) != words.template


@pytest.mark.parametrize(
    "document",
    [
        "[[rule]]\neffect = \n",
        "[[rule]]\neffect 'deny'\n",
        "[[rule]]\neffect = 'deny' hosts\n",
        "[[rule]]\nhosts = ['a'\n",
        "[[rule]]\nhosts = {a = 1\n",
        "[[rule\n",
        "[[rule]]\n= 3\n",
        "[[rule]]\neffect = 'deny\n",
        '[[rule]]\nreason = "\\q"\n',
        "[[rule]]\nstarts = 2026-02-31\n",
        "[[rule]]\neffect = 'deny'\neffect = 'deny'\n",
        "rule = 3\n",
        "\x01",
        '{"rules": [}',
        '{"rules": [{"effect" "deny"}]}',
    ],
)
def test_whatever_is_wrong_in_a_file_is_told_in_french(document: str) -> None:
    with pytest.raises(BadRules) as caught:
        read_rules_file(document.encode())
    for problem in caught.value.problems:
        assert isinstance(problem.said, Said)
        french = Languages().gettext("fr", problem.said.template)
        assert french != problem.said.template
        assert "why" not in problem.said.values, "it is one of the sentences that are known"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_ends_of_lines_and_marks_of_other_systems(end: str, mark: bytes) -> None:
    lines = ["domain,severity", "a.example,suspend", "b.example,silence", ""]
    listed = read_list(mark + end.join(lines).encode())
    assert [entry.host for entry in listed.entries] == ["a.example", "b.example"]
    wrong = ["domain,severity", "a.example,suspend", "b example,silence"]
    with pytest.raises(BadRules) as caught:
        read_list(mark + end.join(wrong).encode())
    assert [problem.line for problem in caught.value.problems] == [3]
    rules = ["# ours", "[[rule]]", "effect = 'deny'", "hosts = ['a.example']", ""]
    (rule,) = read_rules_file(mark + end.join(rules).encode())
    assert rule.match.hosts == ("a.example",)
    json = ["[", '{"effect": "deny",', '"hosts": "a.example"}', "]"]
    (rule,) = read_rules_file(mark + end.join(json).encode())
    assert rule.match.hosts == ("a.example",)
    text = ["a.example", "# no host", "b.example # why"]
    assert len(read_list(mark + end.join(text).encode()).entries) == 2
