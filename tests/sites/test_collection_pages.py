"""Collections on pages without script, over borders: somebody is found, asked, and leaves."""

from __future__ import annotations

from urllib.parse import quote

from tests.sites.browser import Browser
from tests.sites.site import Site
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until


def test_somebody_of_another_site_is_found_asked_and_leaves(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/collections/new")
    assert browser.submit(browser.form("name", "tag"), name="Harbours").ok
    place = browser.address.partition("#")[0]
    # Nobody in Lyon has ever heard of Bruno: his site is asked who he is.
    browser.open(f"{place}?q={quote('@' + bruno.handle)}")
    assert "is asked first, by their site" in browser.html
    assert browser.submit(browser.form("person", "q")).ok
    until(lambda: _says(browser, place, "has not answered yet", there=False), "Nantes agrees")
    assert f"@{bruno.handle}" in browser.html
    assert "Take out" in browser.html

    theirs = signed_in(bruno)
    page = f"{nantes.base_url}/collections"
    until(lambda: _says(theirs, page, "Harbours", there=True), "Bruno sees where he is")
    leave = next(one for one in theirs.forms if one.action.endswith("/leave"))
    assert theirs.submit(leave).ok
    assert "Harbours" not in theirs.html
    until(lambda: _says(browser, place, f"@{bruno.handle}", there=False), "Lyon hears of it")
    assert "Nobody yet." in browser.html


def _says(browser: Browser, address: str, words: str, *, there: bool) -> bool:
    browser.open(address)
    return (words in browser.html) is there
