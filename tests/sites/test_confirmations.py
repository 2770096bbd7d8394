"""Expertise confirmed from another site: told with the card, taken back, hidden by its owner."""

from __future__ import annotations

from tests.sites.browser import Browser, Form
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until

OWN = "/api/v1/profile/card"


def button(browser: Browser, verb: str, skill: str) -> Form:
    (found,) = [
        form
        for form in browser.forms
        if form.action.endswith(f"/{verb}") and form.values.get("skill") == skill
    ]
    return found


def shows(viewer: Person, other: Person) -> str:
    """The profile of somebody, as a page."""
    browser = signed_in(viewer)
    assert browser.open(f"{viewer.site.base_url}/@{other.handle}").ok
    return browser.html


def test_confirm_hide_and_take_back_across_sites(lyon: Site, nantes: Site) -> None:
    amina, bruno, carla = lyon.newcomer(), *nantes.newcomers(2)
    bruno.call("PUT", OWN, {"expertise": ["Welding, 9", "Customs"]})
    amina.find(f"@{bruno.handle}")
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/@{bruno.handle}")
    assert browser.submit(button(browser, "confirm", "Welding")).ok
    assert "confirmed by 1 colleague" in browser.html
    page = f"{nantes.base_url}/settings/card/confirmations"
    owner = signed_in(bruno)

    def arrived() -> bool:
        return owner.open(page).ok and f"/@{amina.handle}" in owner.html

    until(arrived, "the confirmation is at nantes")
    assert "confirmed by 1 colleague" in shows(carla, bruno)
    (news,) = bruno.get("/api/v1/notifications?types[]=expertise_confirmed")
    assert (news["account"]["acct"], news["skill"]) == (amina.handle, "Welding")
    (hide,) = [form for form in owner.forms if form.action.endswith("/hide")]
    assert owner.submit(hide).ok
    assert "confirmed by" not in shows(carla, bruno)
    (show,) = [form for form in owner.forms if form.action.endswith("/show")]
    assert owner.submit(show).ok
    assert "confirmed by 1 colleague" in shows(carla, bruno)
    assert browser.submit(button(browser, "withdraw", "Welding")).ok
    until(lambda: "confirmed by" not in shows(carla, bruno), "taken back at nantes")


def test_a_block_ends_it_at_both_sites(lyon: Site, nantes: Site) -> None:
    amina, bruno, carla = lyon.newcomer(), *nantes.newcomers(2)
    bruno.call("PUT", OWN, {"expertise": ["Welding, 9"]})
    amina.find(f"@{bruno.handle}")
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/@{bruno.handle}")
    assert browser.submit(button(browser, "confirm", "Welding")).ok
    until(lambda: "confirmed by 1 colleague" in shows(carla, bruno), "it is at nantes")
    amina.post(f"/api/v1/accounts/{amina.account_id(bruno)}/block")
    until(lambda: "confirmed by" not in shows(carla, bruno), "it is gone at nantes")
    left = f"SELECT count(*) FROM confirmation WHERE by_id = {amina.id}"
    assert lyon.value(left) == 0
