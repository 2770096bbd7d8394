"""The first steps: shown once, with proposals that fit; skipped, or gone on with later."""

from __future__ import annotations

import re
from html import unescape

import pytest

from fedrse.features.directory.model_welcome import MOST_PEOPLE, MOST_TOPICS, propose, topics
from fedrse.features.directory.service_welcome import Welcome
from fedrse.features.profiles.model import Card, Skill
from fedrse.features.profiles.model_search import Found
from tests.features.profiles.test_card_visibility import OWN, cookie_of
from tests.features.whole import Caller, WholeSite

ME = Found(1, "", Card(unit="R&D", site="Lyon", expertise=(Skill("Gas  safety"),)))


def test_the_nearest_are_proposed_first() -> None:
    people = [
        Found(2, "", Card(site="LYON")),
        Found(3, "", Card(expertise=(Skill("GAS SAFETY", 3),), site="Lyon")),
        Found(4, "", Card(unit=" r&d ")),
        Found(5, "", Card(unit="R&D")),
        Found(6, "", Card(unit="Sales", site="Oslo")),
        Found(1, "", ME.card),
    ]
    found = propose(ME, people, known=frozenset({1, 5}), others=[9, 4, 5])
    reasons = [(one.account_id, one.reason) for one in found]
    assert reasons == [(4, "unit"), (3, "skill"), (2, "site"), (9, "many")]
    many = [Found(number, "", Card(unit="R&D")) for number in range(10, 99)]
    assert len(propose(ME, many, known=frozenset(), others=[])) == MOST_PEOPLE
    nothing = propose(Found(1, "", Card()), people, known=frozenset({1}), others=[])
    assert nothing == []


def test_topics_are_tags() -> None:
    assert topics(ME.card, ["Quai", "quai", "no tag!"]) == ["Quai", "GasSafety"]
    assert len(topics(Card(), [f"t{number}" for number in range(50)])) == MOST_TOPICS


class Newcomer:
    """Somebody on these pages."""

    def __init__(self, whole: WholeSite, person: Caller, cookie: dict[str, str]) -> None:
        self._whole = whole
        self._person = person
        self._cookie = cookie

    async def enters(self) -> str:
        """Where signing in leads first; empty: to the start page."""
        welcome = Welcome(clock=self._whole.clock)
        return await self._whole.site.ground.database.read(welcome.path, self._person.account.id)

    async def opens(self, path: str) -> tuple[int, str]:
        status, headers, body = await self._whole.call("GET", path, headers=self._cookie)
        return status, headers.get("Location") or body.decode()

    async def sends(self, step: str, data: list[tuple[str, str]]) -> tuple[int, str]:
        page = (await self.opens(f"/welcome/{step}"))[1]
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None, page
        headers = self._cookie | {"Origin": "https://lyon.corp.example"}
        status, found, body = await self._whole.call(
            "POST", f"/welcome/{step}", headers=headers, data=[("csrf_token", token[1]), *data]
        )
        return status, found.get("Location") or body.decode()


async def newcomer(whole: WholeSite, person: Caller) -> Newcomer:
    return Newcomer(whole, person, await cookie_of(whole, person))


async def test_all_steps(whole: WholeSite) -> None:
    amina, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await bea.ok("PUT", OWN, json={"unit": "R&D", "function": "Chemist"})
    new = await newcomer(whole, amina)
    assert await new.enters() == "/welcome/profile"
    assert (await new.opens("/welcome"))[1] == "/welcome/profile"
    typed = [("display_name", "Amina B."), ("unit", "r&d"), ("expertise", "Gas safety, 3")]
    assert await new.sends("profile", typed) == (303, "/welcome/people")
    card = await amina.get("/api/v1/profile/card")
    assert (card["unit"], card["expertise"]) == ("r&d", [{"name": "Gas safety", "years": 3}])
    assert await new.enters() == "/welcome/people", "goes on there"
    _, page = await new.opens("/welcome/people")
    chosen = re.findall(r'value="(\d+)" checked', page)
    assert chosen == [bea.id], "of the same unit"
    assert "Chemist" in page
    assert 'value="GasSafety"' in page
    wish = [("person[]", bea.id), ("person[]", carl.id), ("person[]", "x"), ("person[]", "9" * 19)]
    wish += [("topic[]", "GasSafety"), ("topic[]", "no tag!")]
    assert await new.sends("people", wish) == (303, "/welcome/alerts")
    ids = f"id[]={bea.id}&id[]={carl.id}"
    bonds = await amina.get(f"/api/v1/accounts/relationships?{ids}")
    assert [bond["following"] for bond in bonds] == [True, True]
    tags = await amina.get("/api/v1/followed_tags")
    assert [tag["name"] for tag in tags] == ["GasSafety"]
    assert await new.sends("alerts", [("who", "followed")]) == (303, "/")
    policy = await amina.get("/api/v2/notifications/policy")
    assert policy["for_not_following"] == "filter"
    assert await new.enters() == "", "never again"
    for step in ("", "/profile", "/people", "/alerts"):
        assert await new.opens(f"/welcome{step}") == (302, "/")


async def test_steps_are_skipped(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    new = await newcomer(whole, amina)
    await new.sends("profile", [("unit", "Not saved"), ("skip", "1")])
    assert (await amina.get("/api/v1/profile/card"))["unit"] == ""
    assert await new.sends("people", [("skip", "1")]) == (303, "/welcome/alerts")
    assert (await new.opens("/welcome/profile"))[0] == 200, "one may go back"
    assert await new.enters() == "/welcome/alerts"
    assert await new.sends("alerts", [("skip", "1")]) == (303, "/")
    policy = await amina.get("/api/v2/notifications/policy")
    assert policy["for_not_following"] == "accept"
    assert await new.enters() == ""


@pytest.mark.parametrize(
    ("field", "text"),
    [("display_name", "x" * 31), ("function", "f" * 121), ("expertise", "Welding, 99")],
)
async def test_what_is_wrong_stands_at_its_field(whole: WholeSite, field: str, text: str) -> None:
    amina = await whole.person("amina")
    new = await newcomer(whole, amina)
    status, page = await new.sends("profile", [("unit", "R&D <b>"), (field, text)])
    assert status == 422
    assert re.findall(r'id="(\w+)-error"', page) == [field]
    assert "R&D <b>" in unescape(page)
    assert "R&D <b>" not in page
    assert text in page
    assert await new.enters() == "/welcome/profile"


async def test_the_rest_of_a_card_stays(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await amina.ok("PUT", OWN, json={"room": "B 2", "visibility": {"room": "me"}})
    new = await newcomer(whole, amina)
    await new.sends("profile", [("function", "Head")])
    card = await amina.get("/api/v1/profile/card")
    assert (card["room"], card["function"]) == ("B 2", "Head")
    assert card["visibility"]["room"]["level"] == "me"


async def test_only_for_people(whole: WholeSite) -> None:
    for step in ("", "/profile", "/people", "/alerts"):
        assert (await whole.call("GET", f"/welcome{step}"))[0] == 401
