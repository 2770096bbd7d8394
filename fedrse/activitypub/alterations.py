"""What the policy takes out of documents on their way across the border. Pure.

The original stays as it was: what was received is kept byte for byte, and handlers get the altered
copy; what is sent is altered before it is signed.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Any, Final

from fedrse.activitypub.extraction import MEMBERS
from fedrse.activitypub.vocabulary import (
    ACTOR_TYPES,
    PUBLIC_NAMES,
    Json,
    as_list,
    first_str,
    id_of,
    type_of,
)
from fedrse.core.html import escape, html_to_text, plain_paragraphs

LONGEST_MARKUP: Final = 400_000


class Change(IntFlag):
    """What is done to a document before anybody reads it."""

    NONE = 0
    NO_MEDIA = 1  # no files and pictures
    NO_HTML = 2  # text without links and formatting
    FOR_FOLLOWERS = 4  # nobody but the author's followers and those who are named


_WORDS: Final = {
    Change.NO_MEDIA: "without files",
    Change.NO_HTML: "as plain text",
    Change.FOR_FOLLOWERS: "for followers only",
}
_FILES: Final = ("attachment", "image", "icon", "preview")
_PORTRAITS: Final = ("icon", "image")
_TEXTS: Final = ("content", "summary")
_MAPS: Final = ("contentMap", "summaryMap")
_CARRIED: Final = ("object", "instrument")
_OWN_FILES: Final = frozenset({"Video", "Audio", "Image", "Document"})


def altered(document: Json, changes: Change) -> Json:
    """A copy of an activity, or of an object by itself, with these changes."""
    if not changes:
        return document
    # Both, whatever it is: nobody hides an object behind an "object" of no meaning.
    changed = _object(document, changes)
    for name in _CARRIED:
        if isinstance(changed.get(name), dict | list):
            changed[name] = _embedded(changed[name], changes)
    actor = id_of(document.get("actor"))
    if changes & Change.FOR_FOLLOWERS and actor is not None:
        _narrow(changed, followers_of(document, actor))
    return changed


def _embedded(found: Any, changes: Change) -> Any:
    if isinstance(found, list):
        return [_embedded(one, changes) if isinstance(one, dict) else one for one in found]
    return _object(found, changes)


def in_words(changes: Change) -> list[str]:
    """What was done, for people; English."""
    return [words for change, words in _WORDS.items() if changes & change]


def _unproved(document: Json) -> Json:
    # A proof of what it was says nothing of what it is now.
    return {name: value for name, value in document.items() if name not in {"proof", "signature"}}


def _object(document: Json, changes: Change) -> Json:
    found = _unproved(document)
    is_actor = type_of(found) in ACTOR_TYPES
    if changes & Change.NO_MEDIA:
        _strip_media(found, is_actor=is_actor)
    if changes & Change.NO_HTML:
        _flatten(found)
    if changes & Change.FOR_FOLLOWERS and not is_actor:
        _narrow(found, followers_of(found, id_of(found.get("attributedTo"))))
    return found


def _strip_media(found: Json, *, is_actor: bool) -> None:
    for name in _PORTRAITS if is_actor else _FILES:
        found.pop(name, None)
    kind = type_of(found)
    if kind in _OWN_FILES:
        # The object is the file: a link to its page stays.
        pages = [one for one in as_list(found.get("url")) if _is_page(one, kind)]
        found["url"] = pages or found.get("id")
    if "tag" in found:
        found["tag"] = [one for one in as_list(found["tag"]) if not _is(one, "Emoji")]


def _is_page(link: Any, kind: str) -> bool:
    if isinstance(link, str):
        return True
    if not isinstance(link, dict) or kind == "Document":
        return False  # of a document any link is the file
    return first_str(link.get("mediaType")).startswith("text/html")


def _flatten(found: Json) -> None:
    """Takes the markup out of all texts, those in the fields of a profile, too."""
    for name in _TEXTS:
        if first_str(found.get(name)):
            found[name] = _plain(first_str(found[name]))
    for name in _MAPS:
        if isinstance(found.get(name), dict):
            found[name] = {
                tag: _plain(text) if isinstance(text, str) else text
                for tag, text in found[name].items()
            }
    if "attachment" in found:
        found["attachment"] = [
            {**one, "value": escape(html_to_text(first_str(one.get("value"))[:LONGEST_MARKUP]))}
            if _is(one, "PropertyValue")
            else one
            for one in as_list(found["attachment"])
        ]


def _is(found: Any, kind: str) -> bool:
    """Whether this is one of the types of an entry."""
    return isinstance(found, dict) and kind in as_list(found.get("type"))


def _plain(markup: str) -> str:
    return plain_paragraphs(html_to_text(markup[:LONGEST_MARKUP]))


def followers_of(document: Json, author: str | None) -> str | None:
    """The collection of followers that a document is addressed to, where it names one."""
    home = "" if author is None else author[: author.find("/", 8) + 1]
    for name in ("to", "cc"):
        for one in as_list(document.get(name)):
            if isinstance(one, str) and "/followers" in one and home and one.startswith(home):
                return one
    return None


def _narrow(found: Json, followers: str | None) -> None:
    """Takes the world and the network out of the addresses.

    Where no followers are named, the usual address of theirs would be a guess: then the post is
    for those who are named.
    """
    for name in ("to", "cc", "audience"):
        if name in found:
            found[name] = [
                one
                for one in as_list(found[name])
                if id_of(one) not in PUBLIC_NAMES and not (id_of(one) or "").endswith(MEMBERS)
            ]
    if followers is not None and followers not in as_list(found.get("to")):
        found["to"] = [*as_list(found.get("to")), followers]
