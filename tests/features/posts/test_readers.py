"""Who will read a post: what can be chosen, what is chosen at first, and how many people it is."""

from __future__ import annotations

import itertools

import pytest

from fedrse.core.clock import MINUTE
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_readers import Choice, choosable, preferred
from fedrse.features.posts.model_rules import narrow
from fedrse.features.posts.service_readers import Readers
from tests.features.posts.studio import MEMBER, Studio

P, N, S, G, F, D = Audience


def test_what_can_be_chosen() -> None:
    assert choosable(network=True, closed=True, parent=None) == [N, S, F, D]
    assert choosable(network=True, closed=False, parent=None) == [P, N, S, F, D]
    assert choosable(network=False, closed=True, parent=None) == [P, S, F, D]
    assert choosable(network=True, closed=False, parent=S) == [S, D]
    assert choosable(network=True, closed=False, parent=D) == [D]


@pytest.mark.parametrize("parent", list(Audience))
@pytest.mark.parametrize("wish", [None, *Visibility])
def test_what_is_chosen_at_first_is_offered_and_never_wider(
    parent: Audience, wish: Visibility | None
) -> None:
    for network, closed, default in itertools.product((True, False), (True, False), (P, N, S)):
        offered = choosable(network=network, closed=closed, parent=parent)
        first = preferred(wish, offered, default, parent)
        assert first in offered
        assert narrow(first, parent) is first


def test_what_people_prefer_is_chosen_at_first() -> None:
    offered = choosable(network=True, closed=True, parent=None)
    assert preferred(None, offered, N, None) is N
    assert preferred(Visibility.UNLISTED, offered, N, None) is N
    assert preferred(Visibility.PRIVATE, offered, N, None) is F
    assert preferred(Visibility.DIRECT, offered, N, None) is D
    assert preferred(None, offered, P, None) is N, "nothing that is not offered"


async def test_people_are_counted_by_site(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    await studio.cast.local("bruno")
    await studio.cast.remote("chloe", MEMBER)
    await studio.cast.remote("dora", "else.example")
    readers = Readers(
        clock=studio.clock, border=studio.posts.border, name="Lyon", other_hosts=[MEMBER]
    )

    async def network() -> Choice:
        found = await studio.database.read(readers.choices, amina, None)
        assert {one.audience for one in found} >= {N, S, F, D}
        return next(one for one in found if one.audience is N)

    assert await network() == Choice(N, ("Lyon", MEMBER), 3)
    await studio.cast.local("emil")
    assert (await network()).people == 3, "kept for a while"
    studio.clock.advance(2 * MINUTE)
    assert (await network()).people == 4
    site = (await studio.database.read(readers.choices, amina, S))[0]
    assert site == Choice(S, ("Lyon",), 3)
