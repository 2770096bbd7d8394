"""Audiences on the wire, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_wire import (
    Addressing,
    SenderFacts,
    audience_from_wire,
    read_addressing,
    wire_from_audience,
)

F = "https://nantes.corp.example/ap/u/1/followers"
M = "https://nantes.corp.example/actor/members"
BOB = "https://lyon.corp.example/ap/u/2"
GROUP = "https://oslo.corp.example/ap/u/9"
MEMBER = SenderFacts(followers=F, members=M, groups={GROUP})
OTHER = SenderFacts(followers=F, members=None)


@pytest.mark.parametrize("world", [PUBLIC, "as:Public", "Public"])
def test_the_world_has_three_spellings(world: str) -> None:
    for shape in (world, [world], [F, world], {"id": world}):
        document = {"to": shape, "cc": [F]}
        found = audience_from_wire(read_addressing(document), OTHER)
        assert found == (Audience.PUBLIC, True)
        document = {"to": F, "cc": shape}
        found = audience_from_wire(read_addressing(document), OTHER)
        assert found == (Audience.PUBLIC, False)


@pytest.mark.parametrize(
    ("to", "cc", "sender", "expected"),
    [
        ([M, F], [], MEMBER, (Audience.NETWORK, True)),
        ([M, F], [BOB], MEMBER, (Audience.NETWORK, True)),
        ([F], [M], MEMBER, (Audience.NETWORK, False)),
        ([M], [], MEMBER, (Audience.NETWORK, True)),
        # M of a host that is no active member, or of another site, is ignored.
        ([M, F], [], OTHER, (Audience.FOLLOWERS, False)),
        ([M], [BOB], OTHER, (Audience.DIRECT, False)),
        (["https://oslo.corp.example/actor/members", F], [], MEMBER, (Audience.FOLLOWERS, False)),
        # The world is wider than the network.
        ([M, PUBLIC], [], MEMBER, (Audience.PUBLIC, True)),
        ([F], [], OTHER, (Audience.FOLLOWERS, False)),
        ([BOB], [F], OTHER, (Audience.FOLLOWERS, False)),
        # Somebody else's followers are nobody.
        (["https://evil.example/followers"], [BOB], OTHER, (Audience.DIRECT, False)),
        ([GROUP], [], MEMBER, (Audience.GROUP, False)),
        ([GROUP], [], OTHER, (Audience.DIRECT, False)),
        ([BOB], [], MEMBER, (Audience.DIRECT, False)),
        ([], [], MEMBER, (Audience.DIRECT, False)),
    ],
)
def test_reading(
    to: list[str], cc: list[str], sender: SenderFacts, expected: tuple[Audience, bool]
) -> None:
    assert audience_from_wire(read_addressing({"to": to, "cc": cc}), sender) == expected


def test_private_recipients_widen_nothing_but_are_read() -> None:
    found = read_addressing({"to": F, "bto": BOB, "bcc": [{"id": PUBLIC}], "audience": GROUP})
    assert found == Addressing((F,), (), (BOB, PUBLIC, GROUP))
    assert audience_from_wire(found, OTHER) == (Audience.FOLLOWERS, False)
    assert found.everybody == [F, BOB, PUBLIC, GROUP]


def _written(audience: Audience, *, listed: bool, group: str | None = None) -> Addressing:
    return wire_from_audience(
        audience, listed=listed, followers=F, members=M, named=[BOB], group=group
    )


def test_writing() -> None:
    assert _written(Audience.PUBLIC, listed=True) == Addressing((PUBLIC,), (F, BOB))
    assert _written(Audience.PUBLIC, listed=False) == Addressing((F,), (PUBLIC, BOB))
    assert _written(Audience.NETWORK, listed=True) == Addressing((M, F), (BOB,))
    assert _written(Audience.NETWORK, listed=False) == Addressing((F,), (M, BOB))
    assert _written(Audience.FOLLOWERS, listed=True) == Addressing((F,), (BOB,))
    assert _written(Audience.DIRECT, listed=True) == Addressing((BOB,), ())
    assert _written(Audience.GROUP, listed=True, group=GROUP) == Addressing((GROUP,), (BOB,))


@pytest.mark.parametrize("listed", [True, False])
def test_a_post_of_the_site_has_no_form_on_the_wire(listed: bool) -> None:
    with pytest.raises(ValueError, match="never leaves"):
        _written(Audience.SITE, listed=listed)


@pytest.mark.parametrize("audience", [one for one in Audience if one is not Audience.SITE])
@pytest.mark.parametrize("listed", [True, False])
def test_what_is_written_is_read_back(audience: Audience, listed: bool) -> None:
    group = GROUP if audience is Audience.GROUP else None
    written = _written(audience, listed=listed, group=group)
    document = {"to": list(written.to), "cc": list(written.cc)}
    found, found_listed = audience_from_wire(read_addressing(document), MEMBER)
    assert found is audience
    if audience in (Audience.PUBLIC, Audience.NETWORK):
        assert found_listed is listed
    # Software that knows nothing of the network shows it to followers only.
    if audience is Audience.NETWORK:
        assert audience_from_wire(read_addressing(document), OTHER)[0] is Audience.FOLLOWERS


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([F, M, BOB, "Public", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "href", "type"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["to", "cc", "bto", "bcc", "audience"]), _junk))
def test_any_shape_is_read(document: dict[str, Any]) -> None:
    addressing = read_addressing(document)
    audience, _ = audience_from_wire(addressing, MEMBER)
    written = {*addressing.to, *addressing.cc}
    if audience is Audience.PUBLIC:
        assert "Public" in written
    if audience is Audience.NETWORK:
        assert M in written
