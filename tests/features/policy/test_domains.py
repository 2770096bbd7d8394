"""Domain blocks as views of rules: what is written is what is read, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Conflict
from fedrse.core.paging import Page
from fedrse.features.policy.model import ADMIN_API, Effect, Match, Rule, State
from fedrse.features.policy.model_changes import result
from fedrse.features.policy.model_domains import (
    Attribution,
    DomainBlock,
    Severity,
    allows_of,
    block_of,
    blocks_of,
    changes_of_allow,
    changes_of_block,
    number_of,
)
from fedrse.features.policy.service_domains import cut

BY = Attribution(author="@ami@corp.example", now=1_000)
HOSTS = ("a.example", "b.example", "sub.a.example")
BLOCKING = (Effect.DENY, Effect.LIMIT, Effect.STRIP_MEDIA, Effect.NO_REPORTS)


def _rule(number: int, hosts: Sequence[str], **more: Any) -> Rule:
    return Rule(id=number, match=Match(hosts=tuple(hosts)), created_at=number, **more)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    """Rules of people, of this API, and such as are no domain blocks."""
    names = st.lists(st.sampled_from((*HOSTS, "=a.example")), min_size=1, max_size=3, unique=True)
    return [
        _rule(
            number,
            draw(names),
            effect=draw(st.sampled_from(list(Effect))),
            state=draw(st.sampled_from(list(State))),
            source=draw(st.sampled_from(("local", ADMIN_API))),
            reason=draw(st.sampled_from(("", "Adverts"))),
            ends_at=draw(st.sampled_from((None, None, 5_000))),
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]


wanted_blocks = st.builds(
    DomainBlock,
    domain=st.sampled_from(HOSTS),
    severity=st.sampled_from(list(Severity)),
    reject_media=st.booleans(),
    reject_reports=st.booleans(),
    private_comment=st.sampled_from(("", "Ticket 7")),
    public_comment=st.sampled_from(("", "Adverts")),
    obfuscate=st.booleans(),
)


def _said(block: DomainBlock | None) -> tuple[Any, ...] | None:
    if block is None:
        return None
    texts = (block.private_comment, block.public_comment, block.obfuscate)
    return (block.domain, block.severity, block.reject_media, block.reject_reports, *texts)


@given(rule_sets(), wanted_blocks)
def test_what_is_written_is_read(rules: list[Rule], wanted: DomainBlock) -> None:
    changes = changes_of_block(rules, wanted.domain, wanted, BY, next_id=100)
    after = result(rules, changes)
    assert _said(block_of(after, wanted.domain)) == _said(wanted)
    for host in HOSTS:
        if host != wanted.domain:
            assert _said(block_of(after, host)) == _said(block_of(rules, host))
    others = [one for one in rules if not block_of([one], wanted.domain)]
    assert [one for one in others if one not in after] == []
    # Once is enough, and an undo is the way back.
    assert changes_of_block(after, wanted.domain, wanted, BY, next_id=200) == []
    assert result(after, [one.inverse for one in changes]) == rules


@given(rule_sets(), st.sampled_from(HOSTS))
def test_what_is_removed_is_gone(rules: list[Rule], host: str) -> None:
    after = result(rules, changes_of_block(rules, host, None, BY, next_id=100))
    assert block_of(after, host) is None
    for other in HOSTS:
        if other != host:
            assert _said(block_of(after, other)) == _said(block_of(rules, other))


@given(rule_sets(), st.sampled_from(HOSTS), st.booleans())
def test_allows(rules: list[Rule], host: str, allowed: bool) -> None:
    changes = changes_of_allow(rules, host, BY, allowed=allowed, next_id=100)
    found = allows_of(result(rules, changes), ())
    assert (number_of(host) in found) == allowed
    before = allows_of(rules, ())
    assert {key for key in found if key != number_of(host)} == {
        key for key in before if key != number_of(host)
    }


def test_rules_of_a_list_cannot_be_changed_here() -> None:
    listed = _rule(1, ["a.example"], effect=Effect.DENY, source="list:1")
    for wanted in (DomainBlock(domain="a.example"), None):
        with pytest.raises(Conflict):
            changes_of_block([listed], "a.example", wanted, BY, next_id=2)
    assert not blocks_of([listed])[number_of("a.example")].own


def test_a_rule_goes_on_as_long_as_there_is_something_to_say() -> None:
    rules = [_rule(1, ["a.example"], effect=Effect.DENY)]
    wanted = DomainBlock(domain="a.example", severity=Severity.NOOP, reject_media=True)
    (change,) = changes_of_block(rules, "a.example", wanted, BY, next_id=2)
    assert change.after is not None
    assert (change.after.id, change.after.effect) == (1, Effect.STRIP_MEDIA)


@given(st.sets(st.integers(0, 40)), st.integers(1, 9), st.integers(0, 40))
def test_pages_are_complete(numbers: set[int], limit: int, start: int) -> None:
    found = sorted(
        (DomainBlock(domain=f"{number}.example") for number in numbers),
        key=lambda one: one.id,
        reverse=True,
    )
    seen, page = [], Page(limit=limit)
    while part := cut(found, page):
        seen += part
        page = Page(limit=limit, max_id=part[-1].id)
    assert seen == found
    middle = number_of(f"{start}.example")
    above = [one for one in found if one.id > middle]
    assert cut(found, Page(limit=limit, min_id=middle)) == above[-limit:]
    assert cut(found, Page(limit=limit, since_id=middle)) == above[:limit]
