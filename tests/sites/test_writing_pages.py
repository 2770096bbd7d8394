"""Writing in a browser without scripts: publish, answer, attach, ask, change, delete."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from tests.sites.browser import Browser
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until
from tests.sites.web import multipart, request


@pytest.fixture
def amina(lyon: Site) -> Person:
    return lyon.newcomer()


def writing(person: Person, query: str = "") -> Browser:
    browser = signed_in(person)
    assert browser.open(f"{person.site.base_url}/compose{query}").ok
    return browser


def publish(browser: Browser, **values: str) -> int:
    """Sends the form as it stands, with what was typed; the status of the answer."""
    form = browser.form("key")
    for name in ("poll_multiple", "poll_secret", "markdown", "confirmed", "warning"):
        form.values.pop(name, None)
    return browser.submit(form, **({"audience": "network"} | values)).status


def number_of(browser: Browser) -> str:
    return browser.address.rpartition("/")[2]


def test_a_post_is_published_and_arrives(lyon: Site, nantes: Site, amina: Person) -> None:
    bruno = nantes.newcomer()
    bruno.follow(amina)
    browser = writing(amina)
    assert re.search(r"Everyone at Lyon, [^<:]\S*, and \S+: \d+ people known here", browser.html)
    assert re.search(r"Everyone at [^:]+: \d+ (people|person)", browser.html)
    assert publish(browser, text="Line\r\nby <line>", warning="Careful", language="fr") == 200
    status = amina.status(number_of(browser))
    assert status["spoiler_text"] == "Careful"
    assert status["language"] == "fr"
    assert status["audience"] == "network"
    assert "Line<br>by &lt;line&gt;" in status["content"].replace("<br />", "<br>")
    assert bruno.arrived(status["uri"])["spoiler_text"] == "Careful"


def test_a_form_that_is_sent_twice_makes_one_post(amina: Person) -> None:
    browser = writing(amina)
    form = browser.form("key")
    first = browser.submit(form, text="Only once", audience="site")
    again = browser.address
    assert first.ok
    assert browser.submit(form, text="Only once", audience="site").ok
    assert browser.address == again
    statuses = amina.call("GET", f"/api/v1/accounts/{amina.id}/statuses")
    assert len(statuses) == 1
    assert statuses[0]["audience"] == "site"


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(amina: Person) -> None:
    browser = writing(amina)
    assert publish(browser, text=" ", warning="", language="fr") == 422
    assert 'id="text-error"' in browser.html
    long = "very " * 2000 + "<long>"
    assert publish(browser, text=long, audience="followers") == 422
    assert "This text is too long." in browser.html
    assert "&lt;long&gt;" in browser.html
    assert re.search(r'value="followers" checked', browser.html)
    assert publish(browser, text="Which?", option1="Only this") == 422
    assert "A poll needs at least two answers." in browser.html
    assert 'value="Only this"' in browser.html
    assert amina.call("GET", f"/api/v1/accounts/{amina.id}/statuses") == []


def test_who_cannot_read_it_is_named_before_it_is_published(
    lyon: Site, nantes: Site, amina: Person
) -> None:
    bruno = nantes.newcomer()
    amina.look_up(bruno.uri)
    browser = writing(amina)
    text = f"@{bruno.handle} look"
    assert publish(browser, text=text, audience="site") == 422
    assert f"Not everybody you name will be able to read this: @{bruno.handle}" in browser.html
    assert text in browser.html
    assert publish(browser, text=text, audience="site", confirmed="1") == 200
    assert amina.status(number_of(browser))["audience"] == "site"
    browser.open(f"{lyon.base_url}/compose")
    assert publish(browser, text=text, audience="network") == 200, "he is of the network"


def test_an_answer_and_a_quote(lyon: Site, amina: Person) -> None:
    claire = lyon.newcomer()
    asked = claire.write("Who knows?", audience="site")
    browser = writing(amina, f"?reply_to={asked['id']}")
    assert f"@{claire.username} </textarea>" in browser.html
    assert 'value="network"' not in browser.html, "an answer is never wider"
    assert publish(browser, text=f"@{claire.username} I do", audience="site") == 200
    assert amina.status(number_of(browser))["in_reply_to_id"] == asked["id"]
    browser.open(f"{lyon.base_url}/compose?quote={asked['id']}")
    assert "Who knows?" in browser.html
    assert publish(browser, text="See there", audience="network") == 422
    assert "A quote cannot be read by more people than what it quotes." in browser.html
    assert publish(browser, text="See there", audience="site") == 200
    quote = amina.status(number_of(browser))["quote"]
    assert quote["quoted_status"]["id"] == asked["id"]
    hidden = claire.write("For nobody else", visibility="direct")
    assert browser.open(f"{lyon.base_url}/compose?reply_to={hidden['id']}").status == 404


def test_a_picture_is_attached_with_its_description(lyon: Site, amina: Person) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(drawn, "PNG")
    browser = writing(amina)
    form = browser.form("key")

    def send(content: bytes, **values: str) -> tuple[int, str]:
        kept = form.values | {"audience": "site", "text": "With a picture"} | values
        for name in ("poll_multiple", "poll_secret", "markdown", "file"):
            kept.pop(name, None)
        content_type, body = multipart(kept, "file", "ship.png", content, "image/png")
        answer = request(
            f"{lyon.base_url}/compose",
            method="POST",
            headers={
                "Content-Type": content_type,
                "Cookie": "; ".join(f"{key}={one}" for key, one in browser.cookies.items()),
                "Origin": lyon.base_url,
                "Accept": "text/html",
            },
            body=body,
        )
        return answer.status, answer.text

    status, html = send(b"no picture at all", attach="1")
    assert status == 422
    assert "it is damaged or of no kind" in html
    assert "With a picture" in html
    status, html = send(drawn.getvalue(), attach="1", new_description="A ship & the sea")
    assert status == 200
    assert "A ship &amp; the sea" in html
    browser.html = html
    (media,) = re.findall(r'name="media\[\]" value="(\d+)"', html)
    described = {"media[]": media, f"description[{media}]": "A blue ship"}
    assert publish(browser, text="With a picture", audience="site", **described) == 200
    (attached,) = amina.status(number_of(browser))["media_attachments"]
    assert attached["description"] == "A blue ship"


def test_a_poll(amina: Person) -> None:
    browser = writing(amina)
    values = {"option1": "Soup", "option2": "Salad", "poll_seconds": "3600"}
    assert publish(browser, text="Lunch?", audience="site", **values) == 200
    poll = amina.status(number_of(browser))["poll"]
    assert [one["title"] for one in poll["options"]] == ["Soup", "Salad"]
    assert poll["multiple"] is False
    page = f"{amina.site.base_url}/posts/{number_of(browser)}/edit"
    browser.open(page)
    assert browser.submit(browser.form("warning"), text="Lunch today?").ok
    again = amina.status(number_of(browser))
    assert again["poll"]["options"] == poll["options"], "it stays"
    assert "today" in again["content"]


def test_change_history_and_delete(lyon: Site, nantes: Site, amina: Person) -> None:
    bruno = nantes.newcomer()
    bruno.follow(amina)
    written = amina.write("The frist version")
    copy = bruno.arrived(written["uri"])
    browser = signed_in(amina)
    place = f"{lyon.base_url}/posts/{written['id']}"
    browser.open(f"{place}/edit")
    assert ">The frist version</textarea>" in browser.html
    assert browser.submit(browser.form("warning"), text=" ").status == 422
    assert 'id="text-error"' in browser.html
    assert browser.submit(browser.form("warning"), text="The first version").ok
    assert f'href="/posts/{written["id"]}/history"' in browser.html
    browser.open(f"{place}/history")
    assert browser.html.index("The first version") < browser.html.index("The frist version")
    until(lambda: "first" in bruno.status(copy["id"])["content"])
    stranger = signed_in(lyon.newcomer())
    for what in ("edit", "delete"):
        assert stranger.open(f"{place}/{what}").status == 404
    browser.open(f"{place}/delete")
    assert "The first version" in browser.html
    (sure,) = [one for one in browser.forms if one.action.endswith("/delete")]
    assert browser.submit(sure).ok
    assert browser.submit(sure).status == 404, "it is gone already"
    until(lambda: bruno.look_up(written["uri"]) is None)


def test_bookmarks_from_a_page(lyon: Site, amina: Person) -> None:
    written = lyon.newcomer().write("To be kept")
    browser = signed_in(amina)
    browser.open(written["url"])
    for verb, wanted in (("bookmark", True), ("unbookmark", False)):
        (form,) = [one for one in browser.forms if one.action == f"/posts/{written['id']}/{verb}"]
        assert browser.submit(form).ok
        assert amina.status(written["id"])["bookmarked"] is wanted
