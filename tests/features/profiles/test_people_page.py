"""The people of a site: found by what the searcher may see, and by nothing else."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from fedrse.features.profiles.model import Card, Skill
from fedrse.features.profiles.model_search import Wish, matches, values
from fedrse.features.profiles.pages_directory import PER_PAGE
from tests.features.profiles.test_card_visibility import OWN, cookie_of
from tests.features.whole import Caller, WholeSite

CARD = Card(
    function="Ingénieure matériaux",
    unit="R&D",
    site="Lyon",
    languages=("français", "English"),
    expertise=(Skill("Soudage TIG", 8),),
)


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        (Wish(), True),
        (Wish(words="ines"), True),
        (Wish(words="INES ingenieure"), True),
        (Wish(words="soudage lau"), True),
        (Wish(words="ines plumber"), False),
        (Wish(skill="soudage"), True),
        (Wish(skill="cuisine"), False),
        (Wish(unit="r&d", site="LYON"), True),
        (Wish(unit="R"), False),
        (Wish(site="Nantes"), False),
        (Wish(language="Francais"), True),
        (Wish(language="Nederlands"), False),
        (Wish(words="ines", language="Nederlands"), False),
    ],
)
def test_who_fits(wish: Wish, fits: bool) -> None:
    assert matches(wish, ("Inès Laurent", "ines"), CARD) is fits


def test_what_can_be_chosen() -> None:
    cards = [CARD, Card(unit="IT"), Card(unit="it", languages=("Français",)), Card()]
    assert values(cards, "unit") == ["IT", "R&D"]
    assert values(cards, "languages") == ["English", "français"]
    assert values(cards, "expertise") == ["Soudage TIG"]


class Searcher:
    """Somebody who looks at the page."""

    def __init__(self, whole: WholeSite, cookie: dict[str, str]) -> None:
        self._whole = whole
        self._cookie = cookie

    async def page(self, **wish: str) -> str:
        path = f"/people?{urlencode(wish)}"
        status, _, body = await self._whole.call("GET", path, headers=self._cookie)
        assert status == 200
        return str(body.decode())

    async def finds(self, **wish: str) -> list[str]:
        """User names, in order."""
        return re.findall(r'class="person-name" href="/@(\w+)"', await self.page(**wish))


async def searcher(whole: WholeSite, person: Caller) -> Searcher:
    return Searcher(whole, await cookie_of(whole, person))


async def test_by_name_skill_unit_site_and_language(whole: WholeSite) -> None:
    amina, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await whole.remote("amina", "nantes.corp.example")
    card = {"unit": "R&D", "site": "Lyon", "languages": "English", "expertise": "Welding, 3"}
    await bea.ok("PUT", OWN, json=card | {"function": "Cook"})
    await carl.ok("PUT", OWN, json=card | {"site": "Oslo"})
    search = await searcher(whole, amina)
    assert await search.finds() == ["amina", "bea", "carl"], "of this site only"
    assert await search.finds(q="BEA") == ["bea"]
    assert await search.finds(q="cook") == ["bea"]
    assert await search.finds(skill="weld") == ["bea", "carl"]
    assert await search.finds(skill="weld", site="oslo") == ["carl"]
    assert await search.finds(unit="R&D", language="english") == ["bea", "carl"]
    assert await search.finds(unit="nothing") == []
    assert 'value="&lt;b&gt;"' in await search.page(q="<b>")
    assert (await whole.call("GET", "/people"))[0] == 401


@pytest.mark.parametrize(
    ("field", "typed", "wish"),
    [
        ("expertise", "Qzskill, 4", {"skill": "Qzskill"}),
        ("expertise", "Qzskill, 4", {"q": "Qzskill"}),
        ("function", "Qzfunction", {"q": "Qzfunction"}),
        ("unit", "Qzunit", {"unit": "Qzunit"}),
        ("site", "Qzsite", {"site": "Qzsite"}),
        ("languages", "Qzlanguage", {"language": "Qzlanguage"}),
    ],
)
async def test_nobody_is_found_by_what_is_hidden(
    whole: WholeSite, field: str, typed: str, wish: dict[str, str]
) -> None:
    owner, other = await whole.person("amina"), await whole.person("bea")
    search, own = await searcher(whole, other), await searcher(whole, owner)
    await owner.ok("PUT", OWN, json={field: typed, "visibility": {field: "site"}})
    assert await search.finds(**wish) == ["amina"]
    await owner.ok("PUT", OWN, json={"visibility": {field: "me"}})
    assert await search.finds(**wish) == []
    # The whole word: random tokens of the page have any two letters in them now and then.
    said = typed.partition(",")[0]
    assert said not in await search.page(), "not among the choices either"
    assert await own.finds(**wish) == ["amina"], "one finds oneself"


async def test_many_people_are_on_several_pages(whole: WholeSite) -> None:
    last = [await whole.person(f"p{number:02}") for number in range(PER_PAGE + 2)][-1]
    search = await searcher(whole, last)
    page = await search.page(q="p")
    assert len(await search.finds(q="p")) == PER_PAGE
    assert f'href="/people?q=p&amp;from={PER_PAGE}"' in page
    assert len(await search.finds(q="p", **{"from": str(PER_PAGE)})) == 2
    for odd in ("-1", "x", "٣", "9" * 30):
        assert len(await search.finds(**{"from": odd})) == PER_PAGE
