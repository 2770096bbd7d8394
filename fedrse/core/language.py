"""Languages of texts: BCP 47 tags, and which text of several to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_TAG_LENGTH = 35
# RFC 5646, 2.1: language, extended language, script, region, variants; extensions and private use
# are accepted and dropped, they say nothing to a reader.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
)
# Tags without meaning: undetermined, multiple, not a language.
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})


def normalise_language(tag: str | None) -> str | None:
    """The usual spelling of a BCP 47 tag (``pt_br`` is ``pt-BR``), None if it is not one."""
    if tag is None or len(tag) > MAX_TAG_LENGTH:
        return None
    match = _TAG.fullmatch(tag.strip().replace("_", "-").lower())
    if match is None or match["language"] in _NO_LANGUAGE:
        return None
    parts = [match["language"]]
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts) + match["variants"]


def primary_language(tag: str) -> str:
    """The language without script and region: ``fr`` of ``fr-CA``."""
    return tag.partition("-")[0].lower()


def language_of(content: str | None, content_map: Mapping[str, str]) -> str | None:
    """The language of ``content``: the key of the map that holds the very same text."""
    for tag in sorted(content_map):
        if content_map[tag] == content:
            return normalise_language(tag)
    return None


def choose_content(
    content: str | None, content_map: Mapping[str, str], preferred: Iterable[str]
) -> tuple[str, str | None] | None:
    """The text to show and its language, from ``content`` and ``contentMap`` (AS2, 4.7).

    ``content`` is what the author shows, so it wins where it stands. With a map alone it is the
    first text in a preferred language, else the first by key. None if there is no text at all.
    """
    if content is not None:
        tag = language_of(content, content_map)
        return content, tag
    if not content_map:
        return None
    tag = _best_key(sorted(content_map), list(preferred))
    return content_map[tag], normalise_language(tag)


def _best_key(keys: list[str], preferred: list[str]) -> str:
    for wanted in preferred:
        normal = normalise_language(wanted)
        for key in keys:
            if normal is not None and normalise_language(key) == normal:
                return key
        for key in keys:
            if primary_language(key.replace("_", "-")) == primary_language(wanted):
                return key
    return keys[0]
