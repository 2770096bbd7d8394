"""Reads posts of other software: tolerant of shapes, strict about bounds. Pure.

What is too much (mentions, tags, text) is cut, so that a hostile post is a short post. Objects
that are not notes (articles, events, videos, ...) become a title, a short text and a link.
"""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.documents import authors_of
from fedrse.activitypub.vocabulary import (
    POST_TYPES,
    PUBLIC_NAMES,
    Json,
    as_bool,
    as_list,
    first_str,
    id_of,
    ids_of,
    type_of,
)
from fedrse.core.clock import from_iso
from fedrse.core.html import ContentKind, escape, excerpt, html_to_text, plain_paragraphs, sanitise
from fedrse.core.ids import EARLIEST
from fedrse.core.language import choose_content, normalise_language
from fedrse.core.text import clean_line, clean_text, fold_hashtag, hashtag_name
from fedrse.core.urls import BadUrl, same_origin, split_url
from fedrse.features.posts.model import (
    LONGEST_CONTENT,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    MOST_EMOJIS,
    MOST_MENTIONS,
    MOST_TAGS,
    NOTE,
    QUESTION,
    Hashtag,
    QuotePolicy,
)

LONGEST_MARKUP: Final = 400_000  # characters of HTML that are looked at
SHORT_TEXT: Final = 1500  # characters of an article's text that are shown whole
EXCERPT: Final = 500
_MOST_ATTACHMENTS: Final = 16
_NOTES: Final = frozenset({"Note", "Question"})
_SELF: Final = frozenset({"image", "video", "audio", "document"})
_MAP_ENTRIES: Final = 50


class Unreadable(ValueError):
    """Not a post: the reason is in the message."""


class Incoming(Struct, frozen=True, kw_only=True):
    """A remote post as read. Times in milliseconds; texts are clean HTML or plain text.

    ``mentions`` are those tagged *and* addressed; ``quote_policy`` is "" where none was published;
    ``attachments`` are as received, bounded in number.
    """

    uri: str
    url: str
    kind: str
    authors: tuple[str, ...]
    title: str
    content: str
    summary: str
    sensitive: bool
    language: str | None
    emojis: tuple[dict[str, Any], ...]
    published: int | None
    updated: int | None
    reply_to: str | None
    conversation: str | None
    quote: str | None
    quote_authorization: str | None
    quote_policy: str
    quote_manual: bool
    mentions: tuple[str, ...]
    tags: tuple[Hashtag, ...]
    attachments: tuple[Any, ...]


def read_post(document: Json, *, preferred: tuple[str, ...] = ()) -> Incoming:
    """Reads the document of a post. Raises Unreadable for anything else.

    ``preferred`` are languages for documents that come in several.
    """
    uri, kind = id_of(document), type_of(document)
    if uri is None or kind not in POST_TYPES:
        raise Unreadable("not a post")
    authors = tuple(author for author in authors_of(document) if same_origin(author, uri))
    if not authors:
        raise Unreadable("not attributed to anybody of its own site")
    tags = [tag for tag in as_list(document.get("tag")) if isinstance(tag, dict)]
    quote = _quote(document, tags)
    content, language = _content(document, kind, preferred)
    title = clean_line(_name(document, preferred), LONGEST_TITLE)
    url = _page_address(document, uri)
    warning = _plain(document.get("summary"), LONGEST_SUMMARY) if kind in _NOTES else ""
    if kind not in _NOTES:
        content = _as_card(content, title, _plain(document.get("summary"), EXCERPT), url)
    elif quote is not None:
        content = _without_quote_line(content)
    policy, manual = _quote_policy(document)
    return Incoming(
        uri=uri,
        url=url,
        kind={"Note": NOTE, "Question": QUESTION}.get(kind, kind.lower()),
        authors=authors,
        title="" if kind in _NOTES else title,
        content=content,
        summary=warning,
        sensitive=bool(warning) or _is_sensitive(document),
        language=language,
        emojis=tuple(_emojis(tags)),
        published=_time(document.get("published")),
        updated=_time(document.get("updated")),
        reply_to=_other(id_of(document.get("inReplyTo")), uri),
        conversation=id_of(document.get("context")) or id_of(document.get("conversation")),
        quote=_other(quote, uri),
        quote_authorization=id_of(document.get("quoteAuthorization")),
        quote_policy=policy,
        quote_manual=manual,
        mentions=tuple(_mentions(document, tags)),
        tags=tuple(_hashtags(tags)),
        attachments=tuple(_attachments(document, kind)),
    )


def _is_sensitive(document: Json) -> bool:
    return as_bool(document.get("sensitive") or document.get("as:sensitive"))


def _other(uri: str | None, own: str) -> str | None:
    """Nothing answers or quotes itself."""
    return None if uri == own else uri


def _time(value: Any) -> int | None:
    try:
        return max(from_iso(first_str(value)), EARLIEST)
    except ValueError:
        return None


def _map(document: Json, name: str) -> dict[str, str]:
    found = document.get(name)
    if not isinstance(found, dict):
        return {}
    entries = list(found.items())[:_MAP_ENTRIES]
    return {key: value for key, value in entries if isinstance(value, str)}


def _content(document: Json, kind: str, preferred: tuple[str, ...]) -> tuple[str, str | None]:
    texts = _map(document, "contentMap")
    content = document.get("content")
    chosen = choose_content(content if isinstance(content, str) else None, texts, preferred)
    if chosen is None:
        return "", None
    text, language = chosen
    if language is None and len(texts) == 1:
        # Some change the text of one form only.
        language = normalise_language(next(iter(texts)))
    if first_str(document.get("mediaType")) in ("text/markdown", "text/plain"):
        html = plain_paragraphs(clean_text(text[:LONGEST_MARKUP]))
    else:
        limit = ContentKind.NOTE if kind in _NOTES else ContentKind.ARTICLE
        html = sanitise(text[:LONGEST_MARKUP], limit)
    if len(html) > LONGEST_CONTENT:
        html = plain_paragraphs(excerpt(html_to_text(text[:LONGEST_MARKUP]), LONGEST_CONTENT // 8))
    return html, language


def _name(document: Json, preferred: tuple[str, ...]) -> str:
    names = _map(document, "nameMap")
    name = first_str(document.get("name"))
    chosen = choose_content(name or None, names, preferred)
    return html_to_text(chosen[0][:LONGEST_MARKUP]) if chosen else ""


def _plain(value: Any, length: int) -> str:
    text = first_str(value)[:LONGEST_MARKUP]
    if not text:
        return ""
    return html_to_text(text)[:length].strip() if "<" in text else clean_text(text)[:length].strip()


def _page_address(document: Json, uri: str) -> str:
    """Where a browser goes: a link to HTML where there are several, else the id."""
    candidates = as_list(document.get("url"))
    pages = [
        one
        for one in candidates
        if isinstance(one, dict) and first_str(one.get("mediaType")).startswith("text/html")
    ]
    for candidate in [*pages, *candidates]:
        address = id_of(candidate)
        if address is not None and _is_web(address):
            return address
    return uri


def _is_web(address: str) -> bool:
    try:
        split_url(address)
    except BadUrl:
        return False
    return True


def _as_card(content: str, title: str, lead: str, url: str) -> str:
    """A title, a text that is short or cut, and the link."""
    body = content
    text = html_to_text(content) if content else ""
    if not text or len(text) > SHORT_TEXT:
        body = plain_paragraphs(lead or excerpt(text, EXCERPT))
    address = escape(url)
    head = f"<p><strong>{escape(title)}</strong></p>" if title else ""
    return sanitise(f'{head}{body}<p><a href="{address}">{address}</a></p>')


def _without_quote_line(content: str) -> str:
    """Without the line that says what is quoted to software that cannot show it."""
    start = '<p class="quote-inline">'
    if content.startswith(start):
        end = content.find("</p>")
        return content[end + 4 :] if end >= 0 else content
    return content


def _mentions(document: Json, tags: list[Json]) -> list[str]:
    addressed = {
        uri
        for name in ("to", "cc", "bto", "bcc")
        for uri in ids_of(document.get(name))
        if uri not in PUBLIC_NAMES
    }
    found = ids_of([tag.get("href") for tag in tags if type_of(tag) == "Mention"])
    return [uri for uri in found if uri in addressed][:MOST_MENTIONS]


def _hashtags(tags: list[Json]) -> list[Hashtag]:
    found: dict[str, Hashtag] = {}
    for tag in tags:
        if type_of(tag) != "Hashtag" or len(found) >= MOST_TAGS:
            continue
        display = hashtag_name(first_str(tag.get("name"))[:200])
        if display is not None:
            found.setdefault(fold_hashtag(display), Hashtag(fold_hashtag(display), display))
    return list(found.values())


def _emojis(tags: list[Json]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for tag in tags:
        if type_of(tag) == "Emoji" and len(found) < MOST_EMOJIS:
            emoji = read_emoji(tag)
            if emoji is not None:
                found.setdefault(emoji["shortcode"], emoji)
    return list(found.values())


def read_emoji(tag: Json) -> dict[str, Any] | None:
    """A Mastodon ``CustomEmoji`` of an ``Emoji`` tag, None if it is unusable."""
    code = first_str(tag.get("name")).strip(":")
    icon = next(iter(as_list(tag.get("icon"))), None)
    address = id_of(icon.get("url")) if isinstance(icon, dict) else None
    if not (0 < len(code) <= 64 and code.replace("_", "").isalnum() and code.isascii()):
        return None
    if address is None or not _is_web(address):
        return None
    return {
        "shortcode": code,
        "url": address,
        "static_url": address,
        "visible_in_picker": False,
        "category": None,
    }


def _quote(document: Json, tags: list[Json]) -> str | None:
    """FEP-044f, then the older names, then the tag of FEP-e232."""
    for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote", "quoteURL"):
        uri = id_of(document.get(name))
        if uri is not None and _is_web(uri):
            return uri
    for tag in tags:
        if type_of(tag) == "Link" and "_misskey_quote" in json.dumps(tag.get("rel"))[:500]:
            return id_of(tag.get("href"))
    return None


def _quote_policy(document: Json) -> tuple[str, bool]:
    """Who may quote, and whether others may ask; "" where nothing was published."""
    policy = document.get("interactionPolicy")
    can_quote = policy.get("canQuote") if isinstance(policy, dict) else None
    if not isinstance(can_quote, dict):
        return "", False
    automatic = ids_of(can_quote.get("automaticApproval"))
    manual = ids_of(can_quote.get("manualApproval"))
    if not automatic and not manual:
        return "", False
    own = set(ids_of(document.get("attributedTo")))
    asks = any(uri not in own for uri in manual)
    if any(uri in PUBLIC_NAMES for uri in automatic):
        return QuotePolicy.PUBLIC.value, asks
    if any(uri.rstrip("/").endswith("followers") for uri in automatic):
        return QuotePolicy.FOLLOWERS.value, asks
    return QuotePolicy.NOBODY.value, asks


def _attachments(document: Json, kind: str) -> list[Any]:
    found = as_list(document.get("attachment"))
    if kind.lower() in _SELF and document.get("url"):
        found = [*_own_file(document), *found]
    if kind not in _NOTES and not found:
        found = [
            image | {"type": "Image", "mediaType": image.get("mediaType") or "image/*"}
            for image in as_list(document.get("image")) or as_list(document.get("icon"))
            if isinstance(image, dict)
        ]
    return found[:_MOST_ATTACHMENTS]


def _own_file(document: Json) -> list[Json]:
    """The file that an Image, Video, Audio or Document is, as an attachment."""
    wanted = type_of(document).lower()
    for link in as_list(document.get("url")):
        if not isinstance(link, dict):
            continue
        media_type = first_str(link.get("mediaType"))
        if media_type.partition("/")[0] == wanted or wanted == "document":
            return [link | {"type": type_of(document), "url": link.get("href")}]
    return []
