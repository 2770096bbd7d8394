"""Announcements for the people of some units: shown to them, counted of them, to nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.dispatch import Refused
from fedrse.core.errors import Invalid
from fedrse.features.announcements.model_units import (
    LONGEST_UNIT,
    MOST_UNITS,
    checked_units,
    read_units,
)
from fedrse.features.announcements.model_wire import document, read_document
from fedrse.features.announcements.service_network import TELL_TOTALS
from fedrse.features.profiles.model import unit_key
from tests.features.announcements.test_announcement_pages import make_admin
from tests.features.announcements.test_between_sites import HOST, ITEM, SITE, URI, site_of
from tests.features.visitor import Visitor, visitor
from tests.features.whole import Caller, WholeSite

BASE = "/api/v1/announcements"
CARD = "/api/v1/profile/card"
TARGETED = ITEM | {"type": "TargetedAnnouncement", "readers": {"units": ["Qualité", "Achats"]}}


async def in_unit(whole: WholeSite, name: str, unit: str) -> Caller:
    """Somebody whose profile names a unit."""
    person = await whole.person(name)
    await person.ok("PUT", CARD, json={"unit": unit})
    return person


async def office_of(whole: WholeSite) -> Visitor:
    boss = await whole.person("boss")
    await make_admin(whole, boss)
    return await visitor(whole, boss)


async def announce(office: Visitor, text: str, *fields: tuple[str, str], **more: str) -> None:
    status, _, page = await office.send("/announcements", list(fields), text=text, **more)
    assert status == 303, page[:2000]


async def numbers(office: Visitor, text: str) -> str:
    """What the page says about whom an announcement reached."""
    _, _, after = (await office.read("/announcements")).partition(text)
    return re.sub(r"\s+", " ", after.partition("Take back")[0])


async def test_shown_to_the_people_of_the_unit_only(whole: WholeSite) -> None:
    quality = await in_unit(whole, "amina", "  QUALITE ")
    other = await in_unit(whole, "bruno", "Quality")
    nobody = await whole.person("chloe")
    office = await office_of(whole)
    await announce(office, "Audit on Monday", ("units[]", "Qualité"), must_read="1")
    (entity,) = await quality.get(BASE)
    assert entity["units"] == ["Qualité"]
    assert "For the unit Qualité" in await (await visitor(whole, quality)).read("/")
    for person in (other, nobody):
        assert await person.get(f"{BASE}?with_dismissed=true") == []
        desk = await visitor(whole, person)
        assert "Audit on Monday" not in await desk.read("/")
        assert "Audit on Monday" not in await desk.read("/announcements")
        for method, path in (
            ("POST", "dismiss"),
            ("POST", "confirm"),
            ("PUT", "reactions/%F0%9F%91%8D"),
            ("DELETE", "reactions/%F0%9F%91%8D"),
        ):
            assert (await person.call(method, f"{BASE}/{entity['id']}/{path}"))[0] == 404
        status, _, _ = await desk.send(f"/announcements/{entity['id']}/confirm")
        assert status == 404, "what is not for you does not exist"
    page = await office.read("/announcements")
    assert "It is not for you: you see it because you can take it back." in page


async def test_totals_count_only_who_is_meant(whole: WholeSite) -> None:
    people = [await in_unit(whole, name, "Achats") for name in ("amina", "bruno")]
    stranger = await in_unit(whole, "chloe", "Ventes")
    office = await office_of(whole)
    await announce(office, "New forms", ("units[]", "Achats"), must_read="1")
    (entity,) = await people[0].get(BASE)
    whole.clock.advance(3_600_000)
    for person in (*people, stranger):
        await (await visitor(whole, person)).read("/")
    await people[0].post(f"{BASE}/{entity['id']}/confirm")
    assert "2 people were here since · 1 has read it" in await numbers(office, "New forms")
    await people[0].ok("PUT", CARD, json={"unit": "Ventes"})
    assert await people[0].get(f"{BASE}?with_dismissed=true") == [], "not shown any more"
    said = await numbers(office, "New forms")
    assert "2 people were here since · 1 has read it" in said, "they have read it all the same"
    await people[1].ok("PUT", CARD, json={"unit": ""})
    assert "1 person was here since · 1 has read it" in await numbers(office, "New forms")
    await stranger.ok("PUT", CARD, json={"unit": "achats"})
    assert [one["id"] for one in await stranger.get(BASE)] == [entity["id"]], "shown from now on"
    assert "2 people were here since · 1 has read it" in await numbers(office, "New forms")


async def test_the_form_says_whom_it_reaches(whole: WholeSite) -> None:
    for name in ("amina", "bruno"):
        await in_unit(whole, name, "Achats")
    hidden = await in_unit(whole, "chloe", "Secret plan")
    await hidden.ok("PUT", CARD, json={"visibility": {"unit": "me"}})
    office = await office_of(whole)
    page = await office.open("/announcements")
    assert 'value="Achats"' in page
    assert "Secret plan" not in page, "what nobody shows is not proposed"
    assert "4 people at fedrse will see it: everybody." in await office.read("/announcements")
    fields = [("units[]", "Achats"), ("hosts[]", HOST)]
    status, _, page = await office.send(
        "/announcements", fields, text="Kept", more_units="Œnologie, ACHATS", look="1"
    )
    assert status == 200
    assert ">Kept</textarea>" in page
    assert "2 people at fedrse will see it, of: Achats, Œnologie." in page
    assert "No profile here names Œnologie." in page
    assert f"who of its people belongs to the units: {HOST}." in page
    assert await whole.sent("Create") == [], "nothing was announced"
    asked = await office.read("/announcements?more_units=Marine&elsewhere_only=1")
    assert "Nobody at fedrse will see it." in asked
    asked = await office.read("/admin/announcements?more_units=Marine")
    assert "Nobody at fedrse will see it: no profile here names Marine." in asked


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"more_units": "x" * 121}, "The name of a unit is too long."),
        ({"more_units": ",".join(map(str, range(21)))}, "These are too many units."),
        ({"elsewhere_only": "1"}, "Choose at least one of these sites."),
    ],
)
async def test_what_is_wrong_stands_at_its_field(
    whole: WholeSite, fields: dict[str, str], said: str
) -> None:
    office = await office_of(whole)
    for path in ("/announcements", "/admin/announcements"):
        status, _, page = await office.send(path, text="Kept as typed", **fields)
        assert status == 422
        assert said in page
        assert ">Kept as typed</textarea>" in page
    assert await office.person.get(BASE) == []


async def test_the_same_words_for_another_unit_are_another_announcement(whole: WholeSite) -> None:
    office = await office_of(whole)
    for unit in ("Achats", "Ventes", "Ventes"):
        await announce(office, "Meeting at nine", more_units=unit)
    assert (await office.read("/announcements")).count("For the unit") == 2


async def test_only_at_other_sites(whole: WholeSite) -> None:
    amina, office = await whole.person("amina"), await office_of(whole)
    await announce(office, "Only for Nantes", ("hosts[]", HOST), elsewhere_only="1")
    assert await amina.get(BASE) == []
    said = await numbers(office, "Only for Nantes")
    assert f"{HOST}: no numbers yet" in said
    assert "were here since" not in said
    (sent,) = await whole.sent("Create")
    assert sent["object"]["type"] == ["Announcement", "Note"]


async def test_the_units_travel_and_no_names(whole: WholeSite) -> None:
    await in_unit(whole, "amina", "Achats")
    office = await office_of(whole)
    fields = [("hosts[]", HOST), ("units[]", "Achats")]
    await announce(office, "For buyers", *fields, more_units="Qualité")
    (sent,) = await whole.sent("Create")
    item = sent["object"]
    assert item["type"] == "TargetedAnnouncement", "unknown elsewhere, so shown to nobody there"
    assert item["readers"] == {"units": ["Achats", "Qualité"]}
    assert "amina" not in str(sent)
    arrived = read_document(item)
    assert arrived is not None
    assert arrived.units == ("Achats", "Qualité")


async def test_one_of_another_site_is_for_its_units_here(whole: WholeSite) -> None:
    quality = await in_unit(whole, "amina", "qualité")
    other = await in_unit(whole, "bruno", "Ventes")
    site = await site_of(whole)
    assert await whole.receive(site, {"type": "Create", "object": TARGETED}) == "announced"
    (entity,) = await quality.get(BASE)
    assert entity["units"] == ["Qualité", "Achats"]
    assert await other.get(BASE) == []
    whole.clock.advance(3_600_000)
    for person in (quality, other):
        await (await visitor(whole, person)).read("/")
    await quality.post(f"{BASE}/{entity['id']}/confirm")
    await whole.do_job(TELL_TOTALS, announcement=int(entity["id"]))
    (told,) = await whole.sent("Read")
    assert told["object"] == {"id": URI, "delivered": 1, "read": 1}
    office = await office_of(whole)
    assert "Strike on" not in await office.read("/announcements"), "not made here, not for them"


@pytest.mark.parametrize(
    "readers",
    [
        None,
        [],
        {},
        "Achats",
        {"units": []},
        {"units": [" ", "\u202e"]},
        {"units": ["Achats", 5]},
        {"units": {"Achats": 1}},
        {"units": ["Achats"], "joinedAfter": "2026-01-01"},
        {"units": [f"Unit {number}" for number in range(MOST_UNITS + 1)]},
        {"units": ["x" * (LONGEST_UNIT + 1)]},
        {"units": ["x" * 1_000_000]},
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_who_is_meant_is_understood_or_it_is_for_nobody(
    whole: WholeSite, readers: Any
) -> None:
    amina, site = await in_unit(whole, "amina", "Achats"), await site_of(whole)
    with pytest.raises(Refused):
        await whole.receive(site, {"type": "Create", "object": TARGETED | {"readers": readers}})
    for kind in ("Announcement", ["Announcement", "TargetedAnnouncement"]):
        item = TARGETED | {"type": kind, "readers": readers}
        with pytest.raises(Refused):
            await whole.receive(site, {"type": "Create", "object": item})
    assert await amina.get(BASE) == []


UNITS = st.lists(st.text(max_size=130), max_size=25)


@given(UNITS)
def test_what_is_checked_can_be_read_elsewhere(names: list[str]) -> None:
    try:
        units = checked_units(names)
    except Invalid:
        return
    assert len({unit_key(one) for one in units}) == len(units) <= MOST_UNITS
    item = document(
        uri=URI,
        site=SITE,
        html="<p>Hello</p>",
        published=0,
        ends_at=None,
        must_read=False,
        units=units,
    )
    arrived = read_document(item)
    assert arrived is not None
    assert {unit_key(one) for one in arrived.units} == {unit_key(one) for one in units}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["units", "roles"]), inner)
        ),
        max_leaves=6,
    )
)
def test_any_readers_are_units_or_nobody(value: Any) -> None:
    units = read_units(value)
    assert units is None or (0 < len(units) <= MOST_UNITS and all(map(unit_key, units)))
