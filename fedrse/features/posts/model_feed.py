"""Public posts of somebody as RSS 2.0 (https://www.rssboard.org/rss-specification) and Atom.

Atom is RFC 4287. What stands in them is the clean HTML of the posts, as text of XML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any
from xml.etree import ElementTree as Xml

from msgspec import Struct

from fedrse.core.clock import SECOND, from_iso
from fedrse.core.html import escape, html_to_text
from fedrse.features.posts.model_preview import Entity, name_of, title_of

RSS = "application/rss+xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
_ATOM_SPACE = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot contain, section 2.2.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feed(Struct, frozen=True, kw_only=True):
    """An ``Account`` entity and public ``Status`` entities of it, newest first.

    ``address`` is that of the feed itself, ``site`` the name of the site.
    """

    account: Entity
    statuses: Sequence[Entity]
    address: str
    site: str


def to_rss(feed: Feed) -> bytes:
    """RSS 2.0."""
    account = feed.account
    root = Xml.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM_SPACE})
    channel = Xml.SubElement(root, "channel")
    _put(channel, "title", f"{name_of(account)} · {feed.site}")
    _put(channel, "link", account["url"])
    _put(channel, "description", html_to_text(account["note"]) or name_of(account))
    link = {"href": feed.address, "rel": "self", "type": "application/rss+xml"}
    Xml.SubElement(channel, "atom:link", link)
    for status in feed.statuses:
        item = Xml.SubElement(channel, "item")
        _put(item, "title", title_of(status))
        _put(item, "link", _page_of(status))
        _put(item, "guid", status["uri"], isPermaLink="false")
        _put(item, "pubDate", formatdate(from_iso(status["created_at"]) / SECOND, usegmt=True))
        _put(item, "description", _content(status))
        for tag in status["tags"]:
            _put(item, "category", tag["name"])
    return _bytes(root)


def to_atom(feed: Feed) -> bytes:
    """Atom, RFC 4287."""
    account, statuses = feed.account, feed.statuses
    root = Xml.Element("feed", {"xmlns": _ATOM_SPACE})
    _put(root, "id", account["uri"])
    _put(root, "title", f"{name_of(account)} · {feed.site}")
    _put(root, "updated", max((_changed(one) for one in statuses), default=account["created_at"]))
    Xml.SubElement(root, "link", {"rel": "self", "href": feed.address})
    Xml.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": account["url"]})
    author = Xml.SubElement(root, "author")
    _put(author, "name", name_of(account))
    _put(author, "uri", account["url"])
    for status in statuses:
        entry = Xml.SubElement(root, "entry")
        _put(entry, "id", status["uri"])
        _put(entry, "title", title_of(status))
        _put(entry, "published", status["created_at"])
        _put(entry, "updated", _changed(status))
        page = {"rel": "alternate", "type": "text/html", "href": _page_of(status)}
        Xml.SubElement(entry, "link", page)
        language = {"xml:lang": status["language"]} if status["language"] else {}
        _put(entry, "content", _content(status), type="html", **language)
        for tag in status["tags"]:
            Xml.SubElement(entry, "category", {"term": _possible(tag["name"])})
    return _bytes(root)


def _page_of(status: Entity) -> str:
    return str(status["url"] or status["uri"])


def _changed(status: Entity) -> str:
    return str(status["edited_at"] or status["created_at"])


def _content(status: Entity) -> str:
    """The clean HTML of a post, below its warning and above links to its files."""
    html = str(status["content"])
    if status["spoiler_text"]:
        html = f"<p><strong>{escape(status['spoiler_text'])}</strong></p><hr>{html}"
    return html + "".join(map(_file, status["media_attachments"]))


def _file(media: Entity) -> str:
    if not media["url"]:
        return ""
    link = Xml.Element("a", {"href": str(media["url"])})
    link.text = _possible(media["description"] or str(media["url"]).rpartition("/")[2])
    return f"<p>{Xml.tostring(link, 'unicode')}</p>"


def _put(parent: Xml.Element, name: str, text: Any, **attributes: str) -> None:
    Xml.SubElement(parent, name, attributes).text = _possible(str(text))


def _possible(text: str) -> str:
    return _IMPOSSIBLE.sub("", text)


def _bytes(root: Xml.Element) -> bytes:
    return bytes(Xml.tostring(root, "utf-8", xml_declaration=True))
