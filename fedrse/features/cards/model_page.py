"""What a web page says about itself: OpenGraph, JSON-LD, oEmbed, its title. Pure.

All of it comes from strangers: every text is cleaned and bounded, every address must be https.
"""

from __future__ import annotations

import json
from html import escape
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from fedrse.core.text import clean_line

LONGEST_TITLE: Final = 300
LONGEST_DESCRIPTION: Final = 1000
LONGEST_NAME: Final = 200
LONGEST_ADDRESS: Final = 2000
MOST_PARSED: Final = 400_000  # characters of a page
MOST_PIXELS: Final = 4000
_LONGEST_JSON: Final = 100_000
_OEMBED: Final = frozenset({"application/json+oembed", "text/json+oembed"})


class Page(Struct):
    """What was found; empty texts for what was not."""

    kind: str = "link"
    title: str = ""
    description: str = ""
    language: str | None = None
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    image_url: str = ""
    html: str = ""
    embed_url: str = ""
    width: int = 0
    height: int = 0
    published_at: str | None = None
    oembed_url: str = ""


def read_page(text: str, address: str) -> Page:
    """Reads the HTML of a page that was found at ``address``; never raises."""
    reader = _Reader()
    reader.feed(text[:MOST_PARSED])
    meta = reader.meta
    linked = reader.linked_data()
    page = Page(
        title=_line(
            meta.get("og:title")
            or linked.get("headline")
            or meta.get("twitter:title")
            or reader.title,
            LONGEST_TITLE,
        ),
        description=_line(
            meta.get("og:description") or meta.get("description") or linked.get("description"),
            LONGEST_DESCRIPTION,
        ),
        language=_line(reader.language, 20) or None,
        author_name=_line(_name(linked.get("author")) or meta.get("author"), LONGEST_NAME),
        provider_name=_line(
            meta.get("og:site_name") or _name(linked.get("publisher")), LONGEST_NAME
        ),
        image_url=_address(meta.get("og:image:secure_url") or meta.get("og:image"), address),
        published_at=_line(meta.get("article:published_time") or linked.get("datePublished"), 40)
        or None,
        oembed_url=_address(reader.oembed, address),
    )
    host = urlsplit(address)
    page.provider_name = page.provider_name or host.netloc
    page.provider_url = f"{host.scheme}://{host.netloc}"
    return page


def read_oembed(value: Any, page: Page, address: str) -> Page:
    """Adds what an oEmbed document says (oEmbed 1.0, section 2.3); its HTML is never taken over.

    Of HTML only the address of a frame counts, which apps may open when somebody asks for it.
    """
    if not isinstance(value, dict):
        return page
    kind = value.get("type")
    page.title = _line(value.get("title"), LONGEST_TITLE) or page.title
    page.author_name = _line(value.get("author_name"), LONGEST_NAME) or page.author_name
    page.author_url = _address(value.get("author_url"), address)
    page.provider_name = _line(value.get("provider_name"), LONGEST_NAME) or page.provider_name
    page.image_url = page.image_url or _address(value.get("thumbnail_url"), address)
    width, height = _pixels(value.get("width")), _pixels(value.get("height"))
    if kind == "photo" and (photo := _address(value.get("url"), address)):
        page.kind, page.image_url, page.embed_url = "photo", photo, photo
        page.width, page.height = width, height
    elif kind == "video" and isinstance(value.get("html"), str):
        frame = _Reader()
        frame.feed(str(value["html"])[:_LONGEST_JSON])
        source = _address(frame.frame, address)
        if source:
            page.kind, page.embed_url, page.width, page.height = "video", source, width, height
            page.html = (
                f'<iframe src="{escape(source)}" width="{width}" height="{height}"'
                ' sandbox="allow-scripts allow-same-origin allow-popups"></iframe>'
            )
    return page


def _line(value: Any, longest: int) -> str:
    return clean_line(value, longest).strip() if isinstance(value, str) else ""


def _address(value: Any, base: str) -> str:
    """An absolute https address, or nothing."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ADDRESS:
        return ""
    try:
        found = urljoin(base, value.strip())
        parts = urlsplit(found)
    except ValueError:
        return ""
    same = parts.scheme == urlsplit(base).scheme  # plain http: loopback only, as net checks
    good = parts.netloc and (parts.scheme == "https" or (same and parts.scheme == "http"))
    return found if good and found.isprintable() and " " not in found else ""


def _name(value: Any) -> str:
    """The name in ``author`` or ``publisher``, which may be a list."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _pixels(value: Any) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return min(max(int(value), 0), MOST_PIXELS) if is_number else 0


class _Reader(HTMLParser):
    """Collects what stands in the head; the body is of no interest."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.title = ""
        self.language = ""
        self.oembed = ""
        self.frame = ""
        self._inside = ""
        self._scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (given.get("property") or given.get("name") or "").lower()
            if name and len(self.meta) < 200:
                self.meta.setdefault(name, given.get("content", ""))
        elif tag == "link":
            if given.get("type", "").lower() in _OEMBED and not self.oembed:
                self.oembed = given.get("href", "")
        elif tag == "html":
            self.language = given.get("lang", "")
        elif tag == "iframe" and not self.frame:
            self.frame = given.get("src", "")
        elif tag == "title" and not self.title:
            self._inside = "title"
        elif tag == "script" and given.get("type", "").lower() == "application/ld+json":
            self._inside = "script"
            self._scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data[:LONGEST_TITLE]
        elif self._inside == "script" and len(self._scripts[-1]) < _LONGEST_JSON:
            self._scripts[-1] += data

    def linked_data(self) -> dict[str, Any]:
        """The first JSON-LD object with a headline."""
        for text in self._scripts[:5]:
            try:
                value = json.loads(text[:_LONGEST_JSON])
            except (ValueError, RecursionError):
                continue
            items = value if isinstance(value, list) else [value]
            if isinstance(value, dict) and isinstance(value.get("@graph"), list):
                items = value["@graph"]
            for item in items[:20]:
                if isinstance(item, dict) and isinstance(item.get("headline"), str):
                    return item
        return {}
