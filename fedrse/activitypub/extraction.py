"""Reads from a document what rules of the border look at: an envelope, and nothing of the content.

It runs for every message, before anything is stored, so it looks at few fields, none of them
deeper than an object in its activity, and never raises on strange shapes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.vocabulary import POST_TYPES, PUBLIC_NAMES, Json, ids_of, type_of

FETCH: Final = "Fetch"
"""What stands for the type of an activity where a document is asked for."""

MOST_TAGS: Final = 64
MOST_ATTACHMENTS: Final = 32
MOST_LANGUAGES: Final = 16
LONGEST_WORD: Final = 64  # of types, tags and languages, as far as rules see them
MEMBERS: Final = "/actor/members"  # where fedrse has its collection of members
# What is written for somebody; of anything else only matters whether the world may read it.
_WRITTEN: Final = POST_TYPES | {"ChatMessage", "EncryptedMessage"}
_CARRIERS: Final = frozenset({"Create", "Update", FETCH})
_KINDS: Final = {"Image": "image", "Video": "video", "Audio": "audio"}
_NONE: Final[tuple[str, ...]] = ()


def envelope_of(
    document: Json,
    *,
    direction: Direction,
    host: str,
    actor: str = "",
    kind: str = "",
    size: int = 0,
    role: str = "",
    software: str = "",
    address: str = "",
) -> Envelope:
    """The envelope of an activity; with ``kind`` ``FETCH`` that of a document by itself."""
    kind = kind or type_of(document)
    embedded = document if kind == FETCH else document.get("object")
    if isinstance(embedded, list) and len(embedded) == 1:
        embedded = embedded[0]
    if not isinstance(embedded, dict):
        return Envelope(
            direction=direction,
            host=host,
            actor=actor,
            type=kind[:LONGEST_WORD],
            audience="public" if _is_public(document) else "",
            size=size,
            role=role,
            software=software,
            address=address,
        )
    object_type = type_of(embedded)
    return Envelope(
        direction=direction,
        host=host,
        actor=actor,
        type=kind[:LONGEST_WORD],
        object_type=object_type[:LONGEST_WORD],
        audience=_audience(document, embedded, kind, object_type, actor),
        languages=_languages(embedded.get("contentMap")),
        tags=_tags(embedded.get("tag")),
        attachments=_attachments(embedded, object_type),
        size=size,
        role=role,
        software=software,
        address=address,
    )


def _is_public(document: Json) -> bool:
    return _names_public(document.get("to")) or _names_public(document.get("cc"))


def _names_public(value: Any) -> bool:
    if isinstance(value, str):
        return value in PUBLIC_NAMES
    return value is not None and not PUBLIC_NAMES.isdisjoint(ids_of(value))


def _audience(document: Json, embedded: Json, kind: str, object_type: str, actor: str) -> str:
    """By the addresses of the object, as the posts of this site are read, else of the activity.

    Who is meant by an address is not looked up: followers are what their site calls so.
    """
    if kind not in _CARRIERS or object_type not in _WRITTEN:
        return "public" if _is_public(document) else ""
    addressed = embedded if "to" in embedded or "cc" in embedded else document
    named = [*ids_of(addressed.get("to")), *ids_of(addressed.get("cc"))]
    if not PUBLIC_NAMES.isdisjoint(named):
        return "public"
    author = actor or next(iter(ids_of(embedded.get("attributedTo"))), "")
    home = author[: author.find("/", 8) + 1] or "\n"
    own = [one for one in named if one.startswith(home)]
    if any(one.endswith(MEMBERS) for one in own):
        return "network"
    if embedded.get("audience"):
        return "group"
    return "followers" if any("/followers" in one for one in own) else "direct"


def _languages(texts: Any) -> tuple[str, ...]:
    if not isinstance(texts, dict):
        return _NONE
    return tuple([tag[:LONGEST_WORD].lower() for tag in list(texts)[:MOST_LANGUAGES]])


def _tags(value: Any) -> tuple[str, ...]:
    if not value:
        return _NONE
    entries = value[:MOST_TAGS] if isinstance(value, list) else [value]
    found = [
        _tag(entry["name"])
        for entry in entries
        if isinstance(entry, dict)
        and entry.get("type") == "Hashtag"
        and isinstance(entry.get("name"), str)
    ]
    return tuple(found) if found else _NONE


@lru_cache(maxsize=1024)
def _tag(name: str) -> str:
    return name[: LONGEST_WORD + 1].lstrip("#").lower()


def _attachments(embedded: Json, object_type: str) -> tuple[str, ...]:
    value = embedded.get("attachment")
    own = _KINDS.get(object_type)
    if not value:
        return _NONE if own is None else (own,)
    entries = value[:MOST_ATTACHMENTS] if isinstance(value, list) else [value]
    found = dict.fromkeys(
        kind_of(entry) for entry in entries if isinstance(entry, dict) and _is_file(entry)
    )
    if own is not None:
        found[own] = None
    return tuple(found)


def _is_file(entry: Json) -> bool:
    # Fields of profiles, which are attachments too, are no files.
    return entry.get("type") != "PropertyValue"


def kind_of(attachment: Json) -> str:
    """image, video, audio, or document for any other file."""
    media_type = attachment.get("mediaType")
    if isinstance(media_type, str):
        family = media_type.partition("/")[0].lower()
        if family in {"image", "video", "audio"}:
            return family
    return _KINDS.get(type_of(attachment), "document")
