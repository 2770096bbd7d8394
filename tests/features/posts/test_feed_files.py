"""RSS and Atom of public posts: valid XML whatever stands in the posts, and nothing but them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.posts.model_feed import Feed, to_atom, to_rss
from fedrse.features.posts.model_preview import preview_of_post, preview_of_profile

ATOM = "{http://www.w3.org/2005/Atom}"
ACCOUNT = {
    "username": "amina",
    "display_name": "Amina <b>Benali</b>",
    "note": "<p>Research &amp; more</p>",
    "url": "https://lyon.test/@amina",
    "uri": "https://lyon.test/ap/u/1",
    "avatar": "https://lyon.test/static/avatar.png",
    "created_at": "2026-01-01T00:00:00.000Z",
    "indexable": False,
}


def status(**changes: Any) -> dict[str, Any]:
    return {
        "uri": "https://lyon.test/ap/n/7",
        "url": "https://lyon.test/@amina/7",
        "account": ACCOUNT,
        "content": "<p>Hello &amp; <em>welcome</em></p>",
        "spoiler_text": "",
        "sensitive": False,
        "created_at": "2026-03-04T05:06:07.000Z",
        "edited_at": None,
        "language": "fr",
        "media_attachments": [],
        "tags": [{"name": "quai"}],
    } | changes


def feed(*statuses: dict[str, Any]) -> Feed:
    address = "https://lyon.test/@amina/feed.rss"
    return Feed(account=ACCOUNT, statuses=statuses, address=address, site="Lyon")


def test_rss_has_what_readers_show() -> None:
    channel = Xml.fromstring(to_rss(feed(status())))[0]
    assert channel.findtext("title") == "Amina <b>Benali</b> · Lyon"
    assert channel.findtext("description") == "Research & more"
    item = channel.find("item")
    assert item is not None
    assert item.findtext("title") == "Hello & welcome"
    assert item.findtext("description") == "<p>Hello &amp; <em>welcome</em></p>"
    assert item.findtext("pubDate") == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert item.findtext("link") == "https://lyon.test/@amina/7"
    assert item.findtext("guid") == "https://lyon.test/ap/n/7"
    assert item.findtext("category") == "quai"
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.get("href") == "https://lyon.test/@amina/feed.rss"


def test_atom_has_what_readers_show() -> None:
    edited = status(edited_at="2026-03-05T00:00:00.000Z")
    root = Xml.fromstring(to_atom(feed(edited, status())))
    assert root.findtext(f"{ATOM}updated") == "2026-03-05T00:00:00.000Z"
    assert root.findtext(f"{ATOM}author/{ATOM}uri") == "https://lyon.test/@amina"
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}updated") == "2026-03-05T00:00:00.000Z"
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert (content.get("type"), content.text) == ("html", "<p>Hello &amp; <em>welcome</em></p>")
    assert content.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"


def test_an_empty_feed_says_when_it_began() -> None:
    root = Xml.fromstring(to_atom(feed()))
    assert root.findtext(f"{ATOM}updated") == "2026-01-01T00:00:00.000Z"


def test_a_warning_stands_before_the_text_and_is_the_title() -> None:
    warned = status(spoiler_text="Spoilers <here>")
    item = Xml.fromstring(to_rss(feed(warned))).find("channel/item")
    assert item is not None
    assert item.findtext("title") == "Spoilers <here>"
    assert "<strong>Spoilers &lt;here&gt;</strong>" in (item.findtext("description") or "")
    assert preview_of_post(warned).description == "Spoilers <here>"


def test_files_are_links() -> None:
    file = {"type": "image", "url": "https://lyon.test/m/1.png", "description": 'A "ship" <1>'}
    item = Xml.fromstring(to_rss(feed(status(media_attachments=[file])))).find("channel/item")
    assert item is not None
    text = item.findtext("description") or ""
    assert '<p><a href="https://lyon.test/m/1.png">A "ship" &lt;1&gt;</a></p>' in text


def test_a_preview_shows_a_picture_unless_it_is_sensitive() -> None:
    picture = {"type": "image", "url": "https://lyon.test/m/1.png", "description": "A ship"}
    open_one = preview_of_post(status(media_attachments=[picture]))
    assert (open_one.image, open_one.is_large) == ("https://lyon.test/m/1.png", True)
    hidden = preview_of_post(status(media_attachments=[picture], sensitive=True))
    assert (hidden.image, hidden.is_large) == (ACCOUNT["avatar"], False)
    assert preview_of_profile(ACCOUNT).description == "Research & more"


@given(st.text(), st.text(), st.text())
def test_any_text_makes_valid_xml(content: str, warning: str, tag: str) -> None:
    hostile = status(
        content=content,
        spoiler_text=warning,
        tags=[{"name": tag}],
        media_attachments=[{"type": "image", "url": content or "x", "description": warning}],
    )
    assert Xml.fromstring(to_rss(feed(hostile))).tag == "rss"
    assert Xml.fromstring(to_atom(feed(hostile))).tag == f"{ATOM}feed"
