"""Pages of feeds: this site, the network, lists, bookmarks and favourites."""

from __future__ import annotations

import re

from tests.sites.site import Site
from tests.sites.test_pages import signed_in


def test_what_stands_on_which_feed(lyon: Site, nantes: Site) -> None:
    amina, claire, bruno = lyon.newcomer(), lyon.newcomer(), nantes.newcomer()
    amina.follow(bruno)
    amina.follow(claire)
    near = claire.write("Written near xylophone")
    far = amina.arrived(bruno.write("Written far xylophone")["uri"])
    claire.write("For few xylophone", visibility="direct")
    made = amina.call("POST", "/api/v1/lists", {"title": "Crew <b>"})
    amina.call("POST", f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [claire.id]})
    amina.on(far, "favourite")
    amina.on(near, "bookmark")
    browser = signed_in(amina)

    def shown(path: str) -> set[str]:
        assert browser.open(lyon.base_url + path).ok
        return set(re.findall(r"Written (near|far) xylophone", browser.html))

    assert shown("/site") == {"near"}
    assert shown("/network") == {"near", "far"}
    assert shown("/favourites") == {"far"}
    assert shown("/bookmarks") == {"near"}
    assert shown("/lists") == set()
    assert "Crew &lt;b&gt;" in browser.html
    assert f'href="/lists/{made["id"]}"' in browser.html
    again = made["id"]
    claire.write("Again Written near xylophone")
    assert shown(f"/lists/{again}") == {"near"}
    stranger = signed_in(claire)
    assert stranger.open(f"{lyon.base_url}/lists/{again}").status == 404


def test_feeds_are_walked_to_the_end(lyon: Site) -> None:
    amina, claire = lyon.newcomer(), lyon.newcomer()
    for number in range(23):
        amina.on(claire.write(f"Number {number} of a row"), "bookmark")
    browser = signed_in(amina)
    assert browser.open(f"{lyon.base_url}/bookmarks").ok
    found = re.findall(r"Number (\d+) of a row", browser.html)
    (older,) = re.findall(r'rel="next" href="([^"]+)"', browser.html)
    assert browser.open(lyon.base_url + older).ok
    found += re.findall(r"Number (\d+) of a row", browser.html)
    assert found == [str(number) for number in reversed(range(23))]
    assert 'rel="next"' not in browser.html
