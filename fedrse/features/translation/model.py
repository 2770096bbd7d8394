"""Languages, texts and what an engine answers (LibreTranslate API)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec
from msgspec import Struct

from fedrse.core.html import html_to_text, sanitise
from fedrse.core.text import clean_text

UNKNOWN = "und"
"""The source language of posts that do not say theirs."""

AUTOMATIC = "auto"
"""How an engine is asked to find out the language."""

Languages = Mapping[str, frozenset[str]]
"""Into which languages each can be translated."""

_CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
MOST_LANGUAGES = 500


class EngineLanguage(Struct):
    """An item of ``GET /languages``."""

    code: str
    targets: list[str] | None = None


class Detected(Struct):
    """``detectedLanguage`` of one text."""

    language: str


class EngineAnswer(Struct, rename="camel"):
    """The answer of ``POST /translate`` to several texts."""

    translated_text: list[str]
    detected_language: list[Detected] | None = None


def read_languages(body: bytes) -> Languages:
    """Languages of an engine, with ``UNKNOWN``. Raises msgspec.MsgspecError."""
    found = msgspec.json.decode(body, type=list[EngineLanguage])[:MOST_LANGUAGES]
    codes = frozenset(one.code for one in found if _CODE.fullmatch(one.code))
    languages = {
        one.code: (codes if one.targets is None else codes.intersection(one.targets)) - {one.code}
        for one in found
        if one.code in codes
    }
    return languages | {UNKNOWN: frozenset().union(*languages.values())}


def find_language(languages: Languages, wish: str) -> str | None:
    """A language or, where only that is known, its main form (``pt`` for ``pt-BR``)."""
    by_name = {code.lower(): code for code in languages}
    name = wish.strip().replace("_", "-").lower()
    return by_name.get(name) or by_name.get(name.partition("-")[0])


class Texts(Struct, frozen=True):
    """What can be translated in a post; ``content`` is HTML, the rest is plain text."""

    content: str
    spoiler: str
    options: tuple[str, ...]
    descriptions: tuple[tuple[str, str], ...]  # id of the attachment, its description

    def as_html(self) -> list[str]:
        """All of it, as pieces of HTML for an engine."""
        plain = (self.spoiler, *self.options, *(text for _, text in self.descriptions))
        return [self.content, *map(escape, plain)]


def texts_of(status: Mapping[str, Any]) -> Texts:
    """The texts of a Mastodon ``Status``; shortcodes of custom emojis stay as they are."""
    content = status["content"]
    for emoji in status["emojis"]:
        code = f":{emoji['shortcode']}:"
        content = content.replace(code, f'<span translate="no">{code}</span>')
    poll = status["poll"]
    return Texts(
        content=content,
        spoiler=status["spoiler_text"],
        options=tuple(option["title"] for option in poll["options"]) if poll else (),
        descriptions=tuple(
            (media["id"], media["description"])
            for media in status["media_attachments"]
            if media["description"]
        ),
    )


class Translated(Struct, frozen=True):
    """Texts in another language; ``source`` is what they were in."""

    texts: Texts
    source: str


def from_html(original: Texts, pieces: list[str]) -> Texts:
    """The texts of a post from the pieces that an engine made of ``as_html``, made harmless.

    Raises ValueError where their number is not that of the original.
    """
    if len(pieces) != len(original.as_html()):
        raise ValueError("not as many texts as were asked for")
    plain = [html_to_text(clean_text(piece)) for piece in pieces[1:]]
    polled = 1 + len(original.options)
    ids = [identifier for identifier, _ in original.descriptions]
    return Texts(
        content=sanitise(pieces[0]),
        spoiler=plain[0],
        options=tuple(plain[1:polled]),
        descriptions=tuple(zip(ids, plain[polled:], strict=True)),
    )


def entity(
    translated: Translated, *, target: str, provider: str, poll_id: str | None
) -> dict[str, Any]:
    """The Mastodon ``Translation``."""
    texts = translated.texts
    found: dict[str, Any] = {
        "content": texts.content,
        "spoiler_text": texts.spoiler,
        "language": target,
        "media_attachments": [
            {"id": identifier, "description": text} for identifier, text in texts.descriptions
        ],
        "detected_source_language": translated.source,
        "provider": provider,
    }
    if poll_id is not None:
        options = [{"title": title} for title in texts.options]
        found["poll"] = {"id": poll_id, "options": options}
    return found
