"""Reading of documents that other sites publish: media type, JSON, identity, authority.

Whoever publishes a document at an address speaks for the origin of that address and for nothing
else: the id inside is a claim, and so is who wrote it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fedrse.activitypub.vocabulary import (
    ACTIVITY_JSON,
    ACTOR_TYPES,
    LD_JSON,
    Json,
    as_list,
    first_str,
    id_of,
    ids_of,
    type_of,
)
from fedrse.core.urls import same_origin

ACCEPT: Final = f"{ACTIVITY_JSON}, {LD_JSON}"
PROFILE: Final = "https://www.w3.org/ns/activitystreams"
TOMBSTONE: Final = "Tombstone"
_LONGEST_MEDIA_TYPE: Final = 512


@lru_cache(maxsize=256)
def is_activity_media_type(content_type: str) -> bool:
    """``application/activity+json``, or ``application/ld+json`` with the ActivityStreams profile.

    Anything else may be a file that somebody uploaded (Mastodon CVE-2024-25623).
    """
    if len(content_type) > _LONGEST_MEDIA_TYPE:
        return False
    kind, *parameters = content_type.split(";")
    kind = kind.strip().lower()
    if kind == ACTIVITY_JSON:
        return True
    if kind != "application/ld+json":
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "profile" and PROFILE in value.strip().strip('"').split():
            return True
    return False


def is_actor(document: Json) -> bool:
    """Whether the document describes an actor."""
    kinds = as_list(document.get("type"))
    return any(isinstance(kind, str) and kind in ACTOR_TYPES for kind in kinds)


def is_tombstone(document: Json) -> bool:
    """Whether the document only says that there was something here."""
    return type_of(document) == TOMBSTONE


def authors_of(document: Json) -> list[str]:
    """Who wrote an object, people first: a video belongs to a person and a channel, as it comes."""
    entries = as_list(document.get("attributedTo"))
    people = [one for one in entries if not isinstance(one, dict) or type_of(one) == "Person"]
    return ids_of([*people, *entries])


def is_vote(document: Json) -> bool:
    """A vote in a poll: a Note with a name and without content, in reply to a question."""
    return (
        type_of(document) == "Note"
        and bool(first_str(document.get("name")))
        and not document.get("content")
        and not document.get("contentMap")
        and id_of(document.get("inReplyTo")) is not None
    )


def speaks_for_author(document: Json) -> bool:
    """Whether the origin of the document is that of everybody to whom it is attributed.

    An activity is its actor's, any other object that of ``attributedTo``; without both it is
    nobody's and belongs to its origin.
    """
    identifier = id_of(document) or ""
    authors = ids_of(document.get("actor")) or ids_of(document.get("attributedTo"))
    return all(same_origin(author, identifier) for author in authors)
