"""The organisation chart: trees from managers, circles, units, and what a viewer may know."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.profiles.model import Card
from fedrse.features.profiles.model_chart import (
    DEEPEST,
    MOST_DRAWN,
    Branch,
    Placed,
    branches,
    everybody,
    parents,
    units,
)
from tests.features.profiles.test_card_visibility import OWN, cookie_of
from tests.features.whole import Caller, WholeSite


def placed(name: str, manager: str = "", number: int = 0, unit: str = "") -> Placed:
    card = Card(manager=f"{manager}@a.example" if manager else "", unit=unit)
    return Placed(f"{name}@a.example", name.title(), number, card)


def outline(trees: list[Branch] | tuple[Branch, ...]) -> list[object]:
    return [[one.placed.name, *outline(one.below)] for one in trees]


def test_trees_are_in_order() -> None:
    people = [placed("zoe"), placed("bea", "amina"), placed("amina"), placed("carl", "BEA", 7)]
    trees = branches(people, 7)
    assert outline(trees) == [["Amina", ["Bea", ["Carl"]]], ["Zoe"]]
    amina, zoe = trees
    assert (amina.total, zoe.total) == (2, 0)
    assert (amina.has_me, amina.is_me, zoe.has_me) == (True, False, False)
    assert [one.placed.name for one in everybody(trees) if one.is_me] == ["Carl"]
    assert outline(branches(people, 7, top="bea@a.example")) == [["Bea", ["Carl"]]]
    assert branches(people, 7, top="nobody@a.example") == []


def test_circles_are_opened() -> None:
    people = [
        placed("c", "a"),
        placed("a", "b"),
        placed("b", "c"),
        placed("d", "b"),
        placed("e", "e"),
    ]
    assert outline(branches(people, 0)) == [["A", ["C", ["B", ["D"]]]], ["E"]]


def test_deep_and_wide_trees_are_cut() -> None:
    chain = [placed("p0")] + [placed(f"p{n}", f"p{n - 1}") for n in range(1, 40)]
    (tree,) = branches(chain, 0)
    drawn = list(everybody([tree]))
    assert len(drawn) == DEEPEST
    assert drawn[-1].cut
    assert (tree.total, drawn[-1].total) == (39, 40 - DEEPEST)
    star = [placed("top"), *(placed(f"s{n}", "top") for n in range(MOST_DRAWN * 2))]
    (tree,) = branches(star, 0)
    assert tree.cut
    assert tree.below == ()


def test_units_are_the_same_however_they_are_written() -> None:
    people = [
        placed("a", unit="R&D"),
        placed("b"),
        placed("c", unit=" r&d"),
        placed("d", unit="IT"),
    ]
    assert [(name, len(some)) for name, some in units(people)] == [("IT", 1), ("R&D", 2), ("", 1)]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_everybody_has_one_place(pairs: list[tuple[int, int]]) -> None:
    managers = dict(pairs)
    people = [placed(f"p{who}", f"p{whom}", who) for who, whom in managers.items()]
    above = parents(people)
    for one in people:
        seen = {one.key}
        at = above.get(one.key)
        while at is not None:
            assert at not in seen, "a circle"
            seen.add(at)
            at = above.get(at)
    trees = branches(people, 3)
    drawn = [one.placed.key for one in everybody(trees)]
    assert sorted(drawn) == sorted(one.key for one in people) or any(
        one.cut for one in everybody(trees)
    )


async def chart(whole: WholeSite, viewer: Caller, query: str = "") -> tuple[int, str]:
    cookie = await cookie_of(whole, viewer)
    status, _, body = await whole.call("GET", f"/people/chart{query}", headers=cookie)
    return status, body.decode()


def names(html: str) -> list[str]:
    return re.findall(r'class="person-name" href="/@([^"]+)"', html)


async def test_the_page_of_the_chart(whole: WholeSite) -> None:
    amina, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await whole.person("dora")
    _, html = await chart(whole, amina)
    assert "Nobody has named a manager yet." in html
    await bea.ok("PUT", OWN, json={"manager": "@amina@corp.example", "unit": "R&D"})
    await carl.ok("PUT", OWN, json={"manager": "bea@corp.example", "unit": "r&d"})
    _, html = await chart(whole, carl)
    assert names(html)[:3] == ["amina", "bea", "carl"]
    assert html.count('aria-current="true"') == 1
    assert "2 people below" in html
    _, html = await chart(whole, carl, "?top=bea%40corp.example")
    assert names(html) == ["bea", "carl"]
    assert "manager=bea%40corp.example" in html
    _, html = await chart(whole, carl, "?view=unit")
    assert html.index("R&amp;D") < html.index("Without a unit")
    for odd in ("nobody", "%00", "x" * 2000):
        assert (await chart(whole, carl, f"?top={odd}"))[0] in {400, 404}
    assert (await whole.call("GET", "/people/chart"))[0] == 401


async def test_hidden_managers_draw_nothing(whole: WholeSite) -> None:
    await whole.person("amina")
    bea, carl = await whole.person("bea"), await whole.person("carl")
    await bea.ok(
        "PUT", OWN, json={"manager": "amina@corp.example", "visibility": {"manager": "me"}}
    )
    _, html = await chart(whole, carl)
    assert "below" not in html
    _, html = await chart(whole, bea)
    assert "1 person below" in html


async def test_managers_of_other_sites(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    bruno, eve = await whole.remote("bruno"), await whole.remote("eve", "elsewhere.example")
    await amina.ok("PUT", OWN, json={"manager": bruno.handle})
    profiles, database = whole.site.services.profiles, whole.site.ground.database
    card = Card(function="Director", manager=eve.handle)
    await database.write(profiles.store_copy, bruno.id, card)
    await database.write(profiles.store_copy, eve.id, Card(function="Qzspy"))
    _, html = await chart(whole, amina)
    assert names(html) == [eve.handle, bruno.handle, "amina"]
    assert "Director" in html
    assert "Qzspy" not in html, "no member of the network"
