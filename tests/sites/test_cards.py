"""Contact cards between sites: each gets what is meant for it, and what is taken back goes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.sites.person import Person
from tests.sites.site import Site

OWN = "/api/v1/profile/card"


def host_of(site: Site) -> str:
    return urlsplit(site.base_url).netloc


def card_of(viewer: Person, other: Person) -> Any:
    return viewer.call("GET", f"/api/v1/accounts/{viewer.account_id(other)}/card")


def test_each_site_gets_its_own_rendering(lyon: Site, nantes: Site) -> None:
    amina, colleague, bruno = lyon.newcomer(), lyon.newcomer(), nantes.newcomer()
    levels = {
        "function": "network",
        "phones": {"level": "sites", "hosts": [host_of(nantes)]},
        "mail": {"level": "sites", "hosts": ["elsewhere.test"]},
        "room": "site",
        "hours": "me",
        "expertise": "network",
    }
    fields = {
        "function": "Head of research",
        "phones": ["+33 4 72 00 00 00"],
        "mail": "amina@corp.example",
        "room": "B 214",
        "hours": "9-17",
        "expertise": ["Welding, 12"],
    }
    amina.call("PUT", OWN, {**fields, "visibility": levels})
    seen = card_of(bruno, amina)
    assert {name: value for name, value in seen.items() if value} == {
        "function": "Head of research",
        "phones": ["+33 4 72 00 00 00"],
        "expertise": [{"name": "Welding", "years": 12}],
    }
    at_home = card_of(colleague, amina)
    assert (at_home["room"], at_home["mail"], at_home["hours"]) == ("B 214", fields["mail"], "")
    assert card_of(amina, bruno)["function"] == "", "who said nothing has an empty card"
    profile = bruno.call("GET", f"/api/v1/accounts/{bruno.account_id(amina)}")
    assert "Head of research" not in str(profile), "only the card says it"
