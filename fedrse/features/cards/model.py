"""Previews as values, and which link of a post is previewed. Pure."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urldefrag

from msgspec import Struct

MOST_PARSED: Final = 200_000  # characters of a post
_OTHERS: Final = frozenset({"mention", "hashtag", "u-url", "quote-inline"})


class Card(Struct, frozen=True):
    """A row of ``preview_card``; sizes in pixels, times in milliseconds.

    ``state`` is ``ready``, or ``none`` for a page without anything to show.
    """

    id: int
    url: str
    state: str
    kind: str
    title: str
    description: str
    language: str | None
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    html: str
    embed_url: str
    width: int
    height: int
    image_key: str | None
    image_width: int
    image_height: int
    blurhash: str | None
    published_at: str | None
    fetched_at: int


def entity(card: Card, image: str | None) -> dict[str, Any]:
    """The Mastodon ``PreviewCard``; ``image`` is where this site keeps the picture.

    Who reads a post never asks the linked site for anything: a picture that could not be copied
    is null.
    """
    author = {"name": card.author_name, "url": card.author_url, "account": None}
    return {
        "url": card.url,
        "title": card.title,
        "description": card.description,
        "language": card.language,
        "type": card.kind,
        "authors": [author] if card.author_name else [],
        "author_name": card.author_name,
        "author_url": card.author_url,
        "provider_name": card.provider_name,
        "provider_url": card.provider_url,
        "html": card.html,
        "width": card.width or card.image_width,
        "height": card.height or card.image_height,
        "image": image,
        "image_description": "",
        "embed_url": card.embed_url,
        "blurhash": card.blurhash,
        "missing_attribution": None,
        "published_at": card.published_at,
    }


def first_link(content: str) -> str | None:
    """The first address in the HTML of a post that names neither a person nor a tag."""
    return next(iter(links(content)), None)


def links(content: str) -> list[str]:
    """All of them, in order."""
    found = _Links()
    found.feed(content[:MOST_PARSED])
    return found.all


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            return
        given = {name: value or "" for name, value in attrs}
        address = given.get("href", "")
        if _OTHERS.isdisjoint(given.get("class", "").split()) and address.startswith("http"):
            self.all.append(urldefrag(address).url)
