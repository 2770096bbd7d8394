"""Who can help, asked at all sites: each answers for its own people, and only what it may."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.test_pages import signed_in

OWN = "/api/v1/profile/card"


def search(person: Person, **wish: str) -> str:
    """The page, as somebody without scripts gets it."""
    browser = signed_in(person)
    query = urlencode({**wish, "everywhere": "1"})
    assert browser.open(f"{person.site.base_url}/people?{query}").ok
    return browser.html


def sections(html: str) -> dict[str, str]:
    """What is said of each other site, by its host."""
    part = html.partition('data-part="elsewhere"')[2]
    found = re.findall(r'card-title" title="([^"]+)">(.*?)</section>', part, re.DOTALL)
    return {host: unescape(text) for host, text in found}


def names(section: str) -> list[str]:
    """User names: newcomers are called by them."""
    found = re.findall(r'class="person-name" href="[^"]+">([^<]+)<', section)
    return [name.lower() for name in found]


def test_people_of_other_sites_are_found_by_what_they_show_them(lyon: Site, nantes: Site) -> None:
    amina, bruno, carla = lyon.newcomer(), *nantes.newcomers(2)
    skill = f"Welding{bruno.username}"
    bruno.call("PUT", OWN, {"expertise": [f"{skill}, 9"], "function": "Foreman", "room": "Qzroom"})
    carla.call("PUT", OWN, {"expertise": [skill], "visibility": {"expertise": "site"}})
    html = search(amina, skill=skill.upper())
    section = sections(html)[nantes.peer]
    assert names(section) == [bruno.username]
    assert "Foreman" in section
    assert skill in section
    assert "Qzroom" not in html, "rooms are for the own site"
    assert carla.username.title() not in section
    assert "Nobody fits all of this." in html, "nobody here"


def test_somebody_found_can_be_opened_though_never_seen_before(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    skill = f"Customs{bruno.username}"
    bruno.call("PUT", OWN, {"expertise": [skill], "function": "Agent"})
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/people?{urlencode({'q': skill, 'everywhere': '1'})}")
    path = re.search(r'href="(/people/open[^"]+)"', browser.html)
    assert path is not None, browser.html
    assert browser.open(unescape(path[1])).ok
    assert browser.address == f"{lyon.base_url}/@{bruno.handle}"
    assert "Agent" in browser.html
    for elsewhere in ("https://evil.test/u/1", "nonsense", "", lyon.base_url):
        assert browser.open(f"/people/open?{urlencode({'uri': elsewhere})}").status == 404


def test_whoever_is_blocked_is_told_no_more_than_everybody(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    skill = f"Secret{bruno.username}"
    rule = {"level": "sites", "hosts": [lyon.peer]}
    bruno.call("PUT", OWN, {"expertise": [skill], "visibility": {"expertise": rule}})
    assert names(sections(search(amina, skill=skill))[nantes.peer]) == [bruno.username]
    bruno.post(f"/api/v1/accounts/{bruno.account_id(amina)}/block")
    assert names(sections(search(amina, skill=skill))[nantes.peer]) == []
    colleague = lyon.newcomer()
    assert names(sections(search(colleague, skill=skill))[nantes.peer]) == [bruno.username]


def test_a_site_that_is_down_is_named_with_the_reason(tmp_path: Path) -> None:
    group = make_group(tmp_path, 3)
    try:
        lyon, nantes, bruxelles = group
        amina, bruno = lyon.newcomer(), nantes.newcomer()
        bruno.call("PUT", OWN, {"expertise": ["Hydrogen"]})
        bruxelles.stop()
        told = sections(search(amina, skill="hydrogen"))
        assert names(told[nantes.peer]) == [bruno.username]
        assert "It cannot be reached at the moment." in told[bruxelles.peer]
        for site in (lyon, nantes):
            assert "hydrogen" not in site.log.read_text().lower(), "questions are logged nowhere"
    finally:
        group.stop()
