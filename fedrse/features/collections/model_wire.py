"""Collections between sites as FEP-7aa9 and Mastodon 4.6 write them.

What comes from outside is bounded: the wrong shape of something optional counts as absent, without
an id, an owner and a name there is no collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json, as_bool, as_list, first_str, id_of, type_of
from fedrse.core.clock import from_iso, to_iso_seconds
from fedrse.core.errors import TooLarge
from fedrse.core.html import escape, html_to_text
from fedrse.core.language import normalise_language
from fedrse.core.text import clean_line, fold_hashtag, hashtag_name
from fedrse.core.urls import BadUrl, same_origin, split_url
from fedrse.features.collections.model import Collection, Item, address, page_address
from fedrse.features.posts.model import tag_address

COLLECTION: Final = "FeaturedCollection"
ITEM: Final = "FeaturedItem"
REQUEST: Final = "FeatureRequest"
STAMP: Final = "FeatureAuthorization"
MOST_ITEMS_ELSEWHERE: Final = 150
LONGEST_NAME_ELSEWHERE: Final = 256
LONGEST_DESCRIPTION_ELSEWHERE: Final = 2_000
_FEP = "https://w3id.org/fep/7aa9#"


def _link(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": "@id"}


CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    {
        "toot": "http://joinmastodon.org/ns#",
        "discoverable": "toot:discoverable",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        COLLECTION: _FEP + COLLECTION,
        ITEM: _FEP + ITEM,
        REQUEST: _FEP + REQUEST,
        STAMP: _FEP + STAMP,
        "topic": _link(_FEP + "topic"),
        "featuredObject": _link(_FEP + "featuredObject"),
        "featuredObjectType": _FEP + "featuredObjectType",
        "featureAuthorization": _link(_FEP + "featureAuthorization"),
        "gts": "https://gotosocial.org/ns#",
        "interactingObject": _link("gts:interactingObject"),
        "interactionTarget": _link("gts:interactionTarget"),
    },
]


class Shown(Struct, frozen=True):
    """An item with what a document of it says: whose actor it is, and where they agreed."""

    item: Item
    actor: str
    kind: str


class Incoming(Struct, frozen=True):
    """A collection of another site as its document says it; ``items`` as they stand in it."""

    uri: str
    owner: str
    url: str | None
    name: str
    description: str
    language: str | None
    tag: str | None
    sensitive: bool
    discoverable: bool
    published: int | None
    items: tuple[IncomingItem, ...]


class IncomingItem(Struct, frozen=True):
    """Somebody in a collection of another site; ``stamp`` is what they agreed with."""

    uri: str
    actor: str
    stamp: str | None


def with_context(document: Json) -> Json:
    """The document with the context in front."""
    return {"@context": CONTEXT, **document}


# Writing


def collection_document(
    collection: Collection, owner: str, shown: Sequence[Shown], local_ids: LocalIds
) -> Json:
    """``FeaturedCollection`` of somebody of this site, with those who agreed."""
    document: Json = {
        "id": address(collection, local_ids),
        "type": COLLECTION,
        "attributedTo": owner,
        "name": collection.name,
        "url": page_address(collection, local_ids.origin),
        "sensitive": collection.sensitive,
        "discoverable": collection.discoverable,
        "published": to_iso_seconds(collection.created_at),
        "updated": to_iso_seconds(collection.updated_at),
        "totalItems": len(shown),
        "orderedItems": [item_document(one, local_ids) for one in shown],
    }
    summary = escape(collection.description)
    if collection.language is None:
        document["summary"] = summary
    else:
        document["summaryMap"] = {collection.language: summary}
    if collection.tag is not None:
        href = tag_address(local_ids.origin, fold_hashtag(collection.tag))
        document["topic"] = {"type": "Hashtag", "href": href, "name": f"#{collection.tag}"}
    return document


def item_document(shown: Shown, local_ids: LocalIds) -> Json:
    """``FeaturedItem``."""
    item = shown.item
    return {
        "id": local_ids.uri("collection-item", item.id),
        "type": ITEM,
        "featuredObject": shown.actor,
        "featuredObjectType": shown.kind,
        "featureAuthorization": item.stamp or local_ids.uri("feature-authorization", item.id),
        "published": to_iso_seconds(item.created_at),
    }


def stamp_document(stamp: str, actor: str, collection: str) -> Json:
    """``FeatureAuthorization``: this actor agrees to be in that collection."""
    return {
        "id": stamp,
        "type": STAMP,
        "attributedTo": actor,
        "interactingObject": collection,
        "interactionTarget": actor,
    }


# Reading


def read_collection(document: Json) -> Incoming | None:
    """A ``FeaturedCollection``; None for what is none, or says things about another origin."""
    uri, owner = id_of(document), id_of(document.get("attributedTo"))
    if type_of(document) != COLLECTION or uri is None or owner is None:
        return None
    name = clean_line(first_str(document.get("name")), LONGEST_NAME_ELSEWHERE)
    if not same_origin(uri, owner) or not name:
        return None
    summary, language = _summary(document)
    listed = as_list(document.get("orderedItems")) or as_list(document.get("items"))
    items = [read_item(item, uri) for item in listed[:MOST_ITEMS_ELSEWHERE]]
    return Incoming(
        uri=uri,
        owner=owner,
        url=_page(document.get("url"), uri),
        name=name,
        description=summary,
        language=language,
        tag=_tag(document.get("topic")),
        sensitive=as_bool(document.get("sensitive")),
        discoverable=as_bool(document.get("discoverable")),
        published=_moment(document.get("published")),
        items=tuple(one for one in items if one is not None),
    )


def read_item(item: Any, collection: str) -> IncomingItem | None:
    """A ``FeaturedItem`` of that collection; None for anything else.

    Only whoever is put in can agree: a stamp of another origin is none.
    """
    if not isinstance(item, dict) or type_of(item) != ITEM:
        return None
    uri, actor = id_of(item), id_of(item.get("featuredObject"))
    if uri is None or actor is None or not same_origin(uri, collection):
        return None
    stamp = id_of(item.get("featureAuthorization"))
    agreed = stamp is not None and same_origin(stamp, actor)
    return IncomingItem(uri, actor, stamp if agreed else None)


def confirms(document: Json, item: IncomingItem, collection: str) -> bool:
    """Whether a stamp, fetched from its own site, agrees with this item of this collection."""
    return (
        type_of(document) == STAMP
        and id_of(document) == item.stamp
        and id_of(document.get("interactingObject")) == collection
        and id_of(document.get("interactionTarget")) == item.actor
    )


def _summary(document: Json) -> tuple[str, str | None]:
    summary, language = first_str(document.get("summary")), None
    translations = document.get("summaryMap")
    if isinstance(translations, dict):
        for tag, text in translations.items():
            if isinstance(text, str):
                summary, language = text, normalise_language(tag)
                break
    try:
        text = html_to_text(summary[: 4 * LONGEST_DESCRIPTION_ELSEWHERE])
    except TooLarge:
        text = ""
    return text[:LONGEST_DESCRIPTION_ELSEWHERE], language


def _page(value: Any, uri: str) -> str | None:
    address_ = id_of(value)
    try:
        if address_ is None or not same_origin(split_url(address_).text, uri):
            return None
    except BadUrl:
        return None
    return address_


def _tag(value: Any) -> str | None:
    if not isinstance(value, dict) or type_of(value) != "Hashtag":
        return None
    return hashtag_name(first_str(value.get("name")))


def _moment(value: Any) -> int | None:
    try:
        return from_iso(first_str(value))
    except ValueError:
        return None
