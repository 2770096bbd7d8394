"""The home page: why something is there, how far it was read, filters, topics and people."""

from __future__ import annotations

import re

from tests.sites.site import Site
from tests.sites.test_pages import signed_in


def test_why_posts_are_there(lyon: Site, nantes: Site) -> None:
    amina, claire, bruno = lyon.newcomer(), lyon.newcomer(), nantes.newcomer()
    claire.follow(bruno)
    amina.follow(claire)
    amina.call("POST", "/api/v1/tags/sextants/follow")
    far = claire.arrived(bruno.write("Measured with #Sextants")["uri"])
    claire.write("Plain words")
    own = amina.write("My own words")
    browser = signed_in(amina)
    assert browser.open(lyon.base_url + "/").ok
    cards = dict(
        re.findall(
            r'<article class="card post" data-key="(\d+)">(.*?)</article>', browser.html, re.DOTALL
        )
    )
    assert "You follow #sextants" in cards[far["id"]]
    assert "You follow" not in cards[own["id"]]
    (plain,) = [html for html in cards.values() if "Plain words" in html]
    assert "Why this is here: You follow" in plain


def test_how_far_it_was_read_is_shared_with_apps(lyon: Site) -> None:
    amina, claire = lyon.newcomer(), lyon.newcomer()
    amina.follow(claire)
    first, second = claire.write("First"), claire.write("Second")
    browser = signed_in(amina)
    assert browser.open(lyon.base_url + "/").ok
    assert "Read up to here" not in browser.html
    amina.call("POST", "/api/v1/markers", {"home": {"last_read_id": first["id"]}})
    assert browser.open(lyon.base_url + "/").ok
    before, _, after = browser.html.partition("Read up to here")
    assert "Second" in before
    assert "Second" not in after
    assert "First" in after
    seen = browser.form("until")
    assert seen.action == "/home/read"
    assert browser.submit(seen).ok
    marker = amina.call("GET", "/api/v1/markers?timeline[]=home")["home"]
    assert marker["last_read_id"] == second["id"]
    # Another window that is behind takes nothing back.
    assert browser.submit(seen, until=first["id"]).ok
    marker = amina.call("GET", "/api/v1/markers?timeline[]=home")["home"]
    assert marker["last_read_id"] == second["id"]
    assert browser.open(lyon.base_url + "/").ok
    assert "Read up to here" not in browser.html


def test_filters_fold_up_or_leave_out(lyon: Site) -> None:
    amina, claire = lyon.newcomer(), lyon.newcomer()
    amina.follow(claire)
    for title, word, action, context in (
        ("Sport <i>", "regatta", "warn", ["home"]),
        ("Gone", "raffle", "hide", ["home", "public"]),
        ("Elsewhere", "canteen", "hide", ["thread"]),
    ):
        keywords = [{"keyword": word, "whole_word": True}]
        rule = {"title": title, "context": context, "filter_action": action}
        amina.call("POST", "/api/v2/filters", rule | {"keywords_attributes": keywords})
    claire.write("The regatta begins")
    claire.write("The raffle begins")
    claire.write("The canteen begins")
    browser = signed_in(amina)
    assert browser.open(lyon.base_url + "/").ok
    assert "Filtered: Sport &lt;i&gt;" in browser.html
    assert "The regatta begins" in browser.html
    assert "The raffle begins" not in browser.html
    assert "The canteen begins" in browser.html
    assert browser.open(lyon.base_url + "/site").ok
    assert "Filtered: Sport" not in browser.html
    assert "The raffle begins" not in browser.html


def test_an_empty_home_says_what_to_do(lyon: Site) -> None:
    browser = signed_in(lyon.newcomer())
    assert browser.open(lyon.base_url + "/").ok
    assert "Find colleagues" in browser.html
    assert 'href="/compose"' in browser.html


def test_people_to_follow(lyon: Site) -> None:
    amina, claire, marc = lyon.newcomer(), lyon.newcomer(), lyon.newcomer()
    marc.call("PATCH", "/api/v1/accounts/update_credentials", {"discoverable": True})
    amina.follow(claire)
    claire.follow(marc)
    browser = signed_in(amina)
    assert browser.open(lyon.base_url + "/").ok
    assert "Followed by people you follow" in browser.html
    (follow,) = [one for one in browser.forms if one.action.startswith(f"/people/{marc.id}/follow")]
    assert browser.submit(follow).ok
    assert browser.open(lyon.base_url + "/").ok
    assert f"/people/{marc.id}/follow" not in browser.html
