"""An announcement of one site for the people of another, and the totals that come back."""

from __future__ import annotations

from fedrse.features.access.model import Role
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until

PATIENCE = 90.0


def test_announced_there_confirmed_and_counted_here(lyon: Site, nantes: Site) -> None:
    (boss,) = lyon.create("announcer", role=Role.ADMIN)
    bruno = nantes.newcomer()
    office = signed_in(boss)
    office.open(f"{lyon.base_url}/announcements")
    form = office.form("must_read")
    form.values = {"csrf_token": form.values["csrf_token"], "must_read": "1", "days": "7"}
    assert office.submit(form, text="New rules for ships", **{"hosts[]": nantes.peer}).ok

    def shown() -> list[dict[str, object]]:
        found = bruno.get("/api/v1/announcements")
        return [one for one in found if "New rules for ships" in one["content"]]

    (there,) = until(shown, "the announcement in Nantes")
    assert (there["site"], there["must_read"]) == (lyon.peer, True)
    desk = signed_in(bruno)
    desk.open(f"{nantes.base_url}/announcements")
    assert f"Announcement of {lyon.peer}" in desk.html
    mine = next(one for one in desk.forms if one.action.endswith(f"/{there['id']}/confirm"))
    assert desk.submit(mine).ok

    def counted() -> bool:
        office.open(f"{lyon.base_url}/announcements")
        return "1 has read it" in office.html.partition("Nantes: ")[2][:200]

    until(counted, "the totals of Nantes", seconds=PATIENCE)
    assert bruno.handle not in office.html
    back = next(one for one in office.forms if one.action.endswith("/delete"))
    assert office.submit(back).ok
    until(lambda: not shown(), "the announcement is gone in Nantes")


def test_for_a_unit_at_two_sites(lyon: Site, nantes: Site) -> None:
    (boss,) = lyon.create("unit-announcer", role=Role.ADMIN)
    here, meant, other = lyon.newcomer(), *nantes.newcomers(2)
    for person, unit in ((here, "Qualité navale"), (meant, "QUALITE  NAVALE"), (other, "Achats")):
        person.call("PUT", "/api/v1/profile/card", {"unit": unit})
    office = signed_in(boss)
    office.open(f"{lyon.base_url}/announcements")
    form = office.form("must_read")
    form.values = {"csrf_token": form.values["csrf_token"], "must_read": "1", "days": "7"}
    chosen = {"hosts[]": nantes.peer, "units[]": "Qualité navale"}
    assert office.submit(form, text="New rules for hulls", **chosen).ok
    assert "no numbers yet" in office.html

    def shown(person: Person) -> list[dict[str, object]]:
        found = person.get("/api/v1/announcements")
        return [one for one in found if "New rules for hulls" in one["content"]]

    (there,) = until(lambda: shown(meant), "the announcement in Nantes", seconds=PATIENCE)
    assert (there["site"], there["units"]) == (lyon.peer, ["Qualité navale"])
    assert len(shown(here)) == 1
    assert shown(other) == []
    confirmed = f"/api/v1/announcements/{there['id']}/confirm"
    assert other.answer("POST", confirmed).status == 404
    for person in (meant, other):
        desk = signed_in(person)
        desk.open(f"{nantes.base_url}/announcements")
        assert ("New rules for hulls" in desk.html) is (person is meant)
    meant.post(confirmed)

    def counted() -> bool:
        office.open(f"{lyon.base_url}/announcements")
        told = office.html.partition("New rules for hulls")[2].partition("Nantes: ")[2][:80]
        return "1 person was here since · 1 has read it" in told

    until(counted, "the totals of Nantes, of the unit only", seconds=PATIENCE)
    assert meant.handle not in office.html
    other.call("PUT", "/api/v1/profile/card", {"unit": "qualité navale"})
    assert len(shown(other)) == 1, "whoever comes into the unit sees it from then on"
    meant.call("PUT", "/api/v1/profile/card", {"unit": "Achats"})
    assert shown(meant) == []
