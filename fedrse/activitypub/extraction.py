"""Reads from a document what rules of the border look at: an envelope, and nothing of the content.

It runs for every message, before anything is stored, so it looks at few fields, none of them
deeper than an object in its activity, and never raises on strange shapes. It reads every field as
those do who store the post later: what is read otherwise here is a way around the rules.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from fedrse.activitypub.documents import is_vote
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.vocabulary import (
    ACTOR_TYPES,
    MOST_ITEMS,
    POST_TYPES,
    PUBLIC_NAMES,
    Json,
    as_list,
    first_str,
    ids_of,
    type_of,
)
from fedrse.core.language import normalise_language
from fedrse.core.text import fold_hashtag, hashtag_name

FETCH: Final = "Fetch"
"""What stands for the type of an activity where a document is asked for."""

MOST_TAGS: Final = 64
MOST_ATTACHMENTS: Final = 32
MOST_LANGUAGES: Final = 50  # as many as are looked at for the text
LONGEST_WORD: Final = 64  # of types, tags and languages, as far as rules see them
MEMBERS: Final = "/actor/members"  # where fedrse has its collection of members
WRITTEN: Final = POST_TYPES | {"ChatMessage", "EncryptedMessage"}
"""What is written for somebody; of anything else only matters whether the world may read it."""
REQUESTS: Final = frozenset({"QuoteRequest", "ReplyRequest"})
"""Activities about a post of ours that carry the sender's own post, as ``instrument``."""

CARRIERS: Final = frozenset({"Create", "Update", FETCH}) | REQUESTS
"""Activities that show a post, and what stands for them where the post is fetched."""

_KINDS: Final = {"Image": "image", "Video": "video", "Audio": "audio"}
_OWN_FILES: Final = {**_KINDS, "Document": "document"}  # objects that are a file themselves
_NOTES: Final = frozenset({"Note", "Question"})
_KNOWN: Final = ACTOR_TYPES | POST_TYPES | {"FeaturedCollection"}
_LONGEST_TAG: Final = 200
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
    embedded = carried(document, kind)
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
    object_type = _known_type(embedded) if kind == FETCH else type_of(embedded)
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


def carried(document: Json, kind: str) -> Any:
    """What a message shows of what it is about: the object, of a request the post that asks.

    Of several objects none: each of them is fetched, and looked at by itself.
    """
    if kind == FETCH:
        return document
    found = document.get("instrument" if kind in REQUESTS else "object")
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _known_type(document: Json) -> str:
    """Of several types of a document the first that anything is made of here."""
    kinds = as_list(document.get("type"))
    known = (kind for kind in kinds if isinstance(kind, str) and kind in _KNOWN)
    return next(known, "") or type_of(document)


def audience_of(post: Json, author: str) -> str:
    """What the addresses of a post say of its audience."""
    return _audience(post, post, FETCH, type_of(post), author)


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
    if kind not in CARRIERS or object_type not in WRITTEN or is_vote(embedded):
        return "public" if _is_public(document) else ""
    addressed = embedded if _is_addressed(embedded) else document
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


def _is_addressed(post: Json) -> bool:
    found = post.get("to") or post.get("cc") or post.get("audience")
    return bool(found or post.get("bto") or post.get("bcc"))


def _languages(texts: Any) -> tuple[str, ...]:
    if not isinstance(texts, dict):
        return _NONE
    if len(texts) == 1:
        return (_language(next(iter(texts))),)
    return tuple(dict.fromkeys([_language(tag) for tag in list(texts)[:MOST_LANGUAGES]]))


@lru_cache(maxsize=1024)
def _language(tag: str) -> str:
    return (normalise_language(tag) or tag[:LONGEST_WORD]).lower()


def _tags(value: Any) -> tuple[str, ...]:
    if not value:
        return _NONE
    found: dict[str, None] = {}
    for entry in value[:MOST_ITEMS] if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            continue
        kind, name = entry.get("type"), entry.get("name")
        if kind != "Hashtag" and (isinstance(kind, str) or type_of(entry) != "Hashtag"):
            continue
        found[_tag((name if isinstance(name, str) else first_str(name))[:_LONGEST_TAG])] = None
        if len(found) > MOST_TAGS:
            break
    found.pop("", None)
    return tuple(found)[:MOST_TAGS]


@lru_cache(maxsize=1024)
def _tag(name: str) -> str:
    display = hashtag_name(name)
    return "" if display is None else fold_hashtag(display)


def _attachments(embedded: Json, object_type: str) -> tuple[str, ...]:
    value = embedded.get("attachment")
    own = _OWN_FILES.get(object_type) if embedded.get("url") else _KINDS.get(object_type)
    if not value:
        if _is_shown_by_picture(embedded, object_type):
            return ("image",) if own is None else (own, "image")
        return _NONE if own is None else (own,)
    entries = value[:MOST_ATTACHMENTS] if isinstance(value, list) else [value]
    found = dict.fromkeys(
        kind_of(entry) for entry in entries if isinstance(entry, dict) and _is_file(entry)
    )
    if own is not None:
        found[own] = None
    return tuple(found)


def _is_shown_by_picture(embedded: Json, object_type: str) -> bool:
    """Whether a post without files is shown with its picture, as articles and events are."""
    if object_type in _NOTES or object_type not in POST_TYPES:
        return False
    if object_type in _OWN_FILES and embedded.get("url"):
        return False
    return bool(embedded.get("image") or embedded.get("icon"))


def _is_file(entry: Json) -> bool:
    # Fields of profiles, which are attachments too, are no files; they have no address.
    return type_of(entry) != "PropertyValue" or bool(entry.get("url") or entry.get("href"))


def kind_of(attachment: Json) -> str:
    """image, video, audio, or document for any other file."""
    media_type = first_str(attachment.get("mediaType"))
    if not media_type:
        link = next(iter(as_list(attachment.get("url"))), None) or attachment.get("href")
        media_type = first_str(link.get("mediaType")) if isinstance(link, dict) else ""
    family = media_type.partition("/")[0].lower()
    if family in {"image", "video", "audio"}:
        return family
    return _KINDS.get(type_of(attachment), "document")
