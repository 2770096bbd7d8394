"""Confirmed expertise: who may, where it is shown, how it goes away, what other sites may say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.features.accounts.model import Account
from fedrse.features.profiles.model import Card, Skill
from fedrse.features.profiles.model_confirmations import (
    WITNESSES,
    About,
    Confirmed,
    read_confirmations,
    write_confirmations,
)
from tests.features.profiles.test_card_visibility import OWN, cookie_of
from tests.features.whole import Caller, WholeSite

OUTSIDE = "elsewhere.example"
SKILLS = {"expertise": "Welding, 12\nCustoms"}


async def send(whole: WholeSite, person: Caller, path: str, **data: str) -> int:
    """Presses a button on a page."""
    cookie = await cookie_of(whole, person)
    page = (await whole.call("GET", "/settings/card", headers=cookie))[2].decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    status, _, _ = await whole.call(
        "POST",
        path,
        headers=cookie | {"Origin": "https://lyon.corp.example"},
        data={"csrf_token": token[1], **data},
    )
    return status


async def about(whole: WholeSite, viewer: Caller, account_id: int) -> About:
    confirmations = whole.site.services.confirmations
    return await whole.site.ground.database.read(confirmations.about, viewer.account.id, account_id)


async def counts(whole: WholeSite, viewer: Caller, account_id: int) -> dict[str, int]:
    shown = await about(whole, viewer, account_id)
    return {one.name: one.count for one in shown.skills}


async def test_colleagues_confirm_and_take_back(whole: WholeSite) -> None:
    owner, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await owner.ok("PUT", OWN, json=SKILLS)
    confirm, withdraw = f"/people/{owner.id}/confirm", f"/people/{owner.id}/withdraw"
    for _ in range(2):
        assert await send(whole, bea, confirm, skill="WELDING") == 303
    assert await send(whole, carl, confirm, skill="Welding") == 303
    assert await counts(whole, owner, owner.account.id) == {"Welding": 2, "Customs": 0}
    shown = (await about(whole, bea, owner.account.id)).skills[0]
    assert ([one.name for one in shown.witnesses], shown.mine) == (["Carl", "Bea"], True)
    page = (await whole.call("GET", "/@amina", headers=await cookie_of(whole, carl)))[2].decode()
    assert "confirmed by 2 colleagues" in page
    assert 'href="/@bea"' in page
    assert await send(whole, bea, withdraw, skill="welding") == 303
    assert await send(whole, bea, withdraw, skill="welding") == 303
    assert await counts(whole, carl, owner.account.id) == {"Welding": 1, "Customs": 0}


async def test_what_cannot_be_confirmed(whole: WholeSite) -> None:
    owner, bea = await whole.person("amina"), await whole.person("bea")
    await owner.ok("PUT", OWN, json=SKILLS | {"visibility": {"expertise": "me"}})
    confirm = f"/people/{owner.id}/confirm"
    assert await send(whole, bea, confirm, skill="Welding") == 404, "it is hidden from her"
    assert await send(whole, owner, confirm, skill="Welding") == 422, "one's own"
    await owner.ok("PUT", OWN, json={"visibility": {"expertise": "site"}})
    for text in ("Cooking", "", "x" * 5000):
        assert await send(whole, bea, confirm, skill=text) == 404
    assert (await whole.call("POST", confirm, data={"skill": "Welding"}))[0] in {401, 403}
    assert await counts(whole, bea, owner.account.id) == {"Welding": 0, "Customs": 0}


async def told(who: Caller) -> list[tuple[str, str]]:
    """Of whom somebody was told that they confirm what."""
    found = await who.ok("GET", "/api/v1/notifications?types[]=expertise_confirmed")
    return [(one["account"]["username"], one["skill"]) for one in found]


async def test_whoever_is_confirmed_is_told(whole: WholeSite) -> None:
    owner, bea = await whole.person("amina"), await whole.person("bea")
    await owner.ok("PUT", OWN, json=SKILLS)
    confirm, withdraw = f"/people/{owner.id}/confirm", f"/people/{owner.id}/withdraw"
    await send(whole, bea, confirm, skill="welding")
    await send(whole, bea, confirm, skill="Customs")
    assert await told(owner) == [("bea", "Customs"), ("bea", "Welding")]
    assert await told(bea) == []
    page = (await whole.call("GET", "/notifications", headers=await cookie_of(whole, owner)))[2]
    assert "confirms your expertise: Welding" in page.decode()
    # No app knows this kind: those that say what they know get a sentence.
    found = await owner.ok("GET", "/api/v1/notifications?supported_types[]=mention")
    assert [one["fallback"]["title"] for one in found] == [
        "Bea confirms your expertise: Customs",
        "Bea confirms your expertise: Welding",
    ]
    await send(whole, bea, withdraw, skill="Welding")
    assert await told(owner) == [("bea", "Customs")]


@pytest.mark.parametrize("blocker", ["owner", "colleague"])
async def test_a_block_ends_confirmations_in_both_directions(
    whole: WholeSite, blocker: str
) -> None:
    owner, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    for one in (owner, bea):
        await one.ok("PUT", OWN, json=SKILLS)
    for by, whom in ((bea, owner), (owner, bea), (carl, owner)):
        await send(whole, by, f"/people/{whom.id}/confirm", skill="Welding")
    one, other = (owner, bea) if blocker == "owner" else (bea, owner)
    await one.ok("POST", f"/api/v1/accounts/{other.id}/mute")
    assert (await counts(whole, carl, owner.account.id))["Welding"] == 2, "a mute changes nothing"
    await one.ok("POST", f"/api/v1/accounts/{other.id}/block")
    assert (await counts(whole, carl, owner.account.id))["Welding"] == 1
    assert (await counts(whole, carl, bea.account.id))["Welding"] == 0
    assert await told(owner) == [("carl", "Welding")]
    await one.ok("POST", f"/api/v1/accounts/{other.id}/unblock")
    assert (await counts(whole, carl, bea.account.id))["Welding"] == 0, "it is not said again"


async def test_owners_hide_and_show(whole: WholeSite) -> None:
    owner, bea = await whole.person("amina"), await whole.person("bea")
    await owner.ok("PUT", OWN, json=SKILLS)
    await send(whole, bea, f"/people/{owner.id}/confirm", skill="Customs")
    confirmations, database = whole.site.services.confirmations, whole.site.ground.database
    (one,) = await database.read(confirmations.received, owner.account.id)
    path = f"/settings/card/confirmations/{one.id}"
    assert await send(whole, bea, f"{path}/hide") == 303
    assert (await counts(whole, bea, owner.account.id))["Customs"] == 1, "only owners hide"
    await send(whole, owner, f"{path}/hide")
    assert (await counts(whole, bea, owner.account.id))["Customs"] == 0
    await send(whole, bea, f"/people/{owner.id}/confirm", skill="Customs")
    assert (await counts(whole, bea, owner.account.id))["Customs"] == 0, "saying it again"
    page = (
        await whole.call(
            "GET", "/settings/card/confirmations", headers=await cookie_of(whole, owner)
        )
    )[2].decode()
    assert "Customs" in page
    assert f"{path}/show" in page
    await send(whole, owner, f"{path}/show")
    assert (await counts(whole, bea, owner.account.id))["Customs"] == 1


def endorse(whom: Caller, skill: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Endorse", "object": whom.account.uri, "skill": skill, **more}


async def hears(whole: WholeSite, sender: Account, activity: dict[str, Any]) -> str:
    """The outcome, or why nothing was done."""
    try:
        return str(await whole.receive(sender, activity))
    except (Ignored, Refused) as error:
        return str(error)


async def test_people_of_other_member_sites_confirm(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    await owner.ok("PUT", OWN, json=SKILLS)
    bruno, eve = await whole.remote("bruno"), await whole.remote("eve", OUTSIDE)
    first = endorse(owner, "welding", id=f"{bruno.uri}#1")
    assert await hears(whole, bruno, first) == "confirmed"
    assert await hears(whole, bruno, endorse(owner, "WELDING")) == "duplicate"
    assert await hears(whole, eve, endorse(owner, "Welding")) == "not_member"
    for skill in ("Cooking", "", None, 7, ["x"], {"a": 1}):
        assert await hears(whole, bruno, endorse(owner, skill)) == "not_shown"
    shown = (await about(whole, owner, owner.account.id)).skills[0]
    assert (shown.count, [one.path for one in shown.witnesses]) == (1, [f"/@{bruno.handle}"])
    nobody = endorse(owner, "Welding") | {"object": "https://lyon.corp.example/ap/u/1/followers"}
    assert await hears(whole, bruno, nobody) == "nobody_here"
    undo = {"type": "Undo", "object": f"{bruno.uri}#1"}
    carla = await whole.remote("carla")
    assert await hears(whole, carla, undo) != "undone", "only one's own"
    assert await hears(whole, bruno, undo) == "undone"
    assert await hears(whole, bruno, first) == "confirmed"
    rebuilt = {"type": "Undo", "object": endorse(owner, "Welding", id=f"{bruno.uri}#other")}
    assert await hears(whole, bruno, rebuilt) == "undone"
    assert await hears(whole, bruno, rebuilt) == "unknown"
    assert await counts(whole, owner, owner.account.id) == {"Welding": 0, "Customs": 0}


async def test_hidden_skills_and_blocked_people(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    bruno = await whole.remote("bruno")
    await owner.ok("PUT", OWN, json=SKILLS | {"visibility": {"expertise": "site"}})
    assert await hears(whole, bruno, endorse(owner, "Welding")) == "not_shown"
    await owner.ok("PUT", OWN, json={"visibility": {"expertise": "network"}})
    await owner.post(f"/api/v1/accounts/{bruno.id}/block")
    assert await hears(whole, bruno, endorse(owner, "Welding")) == "blocked"


async def test_what_is_said_of_people_of_other_sites_travels(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    bruno = await whole.remote("bruno")
    profiles, database = whole.site.services.profiles, whole.site.ground.database
    told = {"welding": Confirmed(3, ("zoe@nantes.corp.example",))}
    card = Card(expertise=(Skill("Welding", 3),))
    await database.write(profiles.store_copy, bruno.id, card, told)
    assert await counts(whole, amina, bruno.id) == {"Welding": 3}
    assert await send(whole, amina, f"/people/{bruno.id}/confirm", skill="welding") == 303
    (sent,) = await whole.sent("Endorse")
    assert (sent["object"], sent["skill"], sent["to"]) == (bruno.uri, "Welding", bruno.uri)
    shown = (await about(whole, amina, bruno.id)).skills[0]
    assert [one.name for one in shown.witnesses] == ["Amina", "@zoe@nantes.corp.example"]
    assert (shown.count, shown.others, shown.mine) == (3, 1, True)
    await send(whole, amina, f"/people/{bruno.id}/withdraw", skill="Welding")
    (undo,) = await whole.sent("Undo")
    assert undo["object"]["id"] == sent["id"]
    assert not (await about(whole, amina, bruno.id)).skills[0].mine


async def test_nobody_who_left_confirms_anything(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    await owner.ok("PUT", OWN, json=SKILLS)
    bruno = await whole.remote("bruno")
    await hears(whole, bruno, endorse(owner, "Welding"))
    accounts, database = whole.site.services.accounts, whole.site.ground.database
    await database.write(accounts.delete_remote, bruno)
    assert await counts(whole, owner, owner.account.id) == {"Welding": 0, "Customs": 0}


def test_what_is_told_with_a_card_is_read_again() -> None:
    card = Card(expertise=(Skill("Soudage TIG", 3), Skill("Customs")))
    confirmed = {
        "soudage tig": Confirmed(40, tuple(f"p{n}@a.example" for n in range(WITNESSES))),
        "gone": Confirmed(1, ("x@a.example",)),
    }
    told = write_confirmations(card, confirmed)
    assert [one["name"] for one in told] == ["Soudage TIG"]
    assert read_confirmations(told) == {"soudage tig": confirmed["soudage tig"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "count", "by", "x"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(JSON)
def test_whatever_another_site_tells_is_bounded(said: Any) -> None:
    for key, one in read_confirmations(said).items():
        assert key
        assert len(one.by) <= min(one.count, WITNESSES)
        assert one.count <= 1_000_000


@pytest.mark.parametrize(
    "said", [[{"name": "Welding", "count": 9**14, "by": ["a@b.example"] * 99}]]
)
def test_exaggerations_are_cut(said: Any) -> None:
    assert read_confirmations(said) == {"welding": Confirmed(1_000_000, ("a@b.example",))}
