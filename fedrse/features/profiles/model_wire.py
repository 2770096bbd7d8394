"""Cards between sites: a document that each site asks for itself, with what is meant for it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fedrse.activitypub.vocabulary import Json, as_int, as_list, id_of
from fedrse.core.text import clean_line
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.profiles.model import FIELDS, Card, Skill, Station
from fedrse.features.profiles.model_input import LONGEST, MOST, is_mail, is_phone

TYPE: Final = "ContactCard"
_NAMESPACE = "urn:fedrse:ns:"
_OF_CONFIRMATIONS = ("confirmations", "count", "by")
CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    {
        name: _NAMESPACE + name
        for name in (TYPE, *FIELDS, "years", "since", "until", "what", *_OF_CONFIRMATIONS)
    },
]
CONTEXT_OF_CARD: Final = CONTEXT[1]
_LISTS: Final = ("phones", "languages", "projects")


def write_document(uri: str, owner: str, card: Card) -> Json:
    """The document with this id about the actor ``owner``; empty fields are left out."""
    fields: Json = msgspec.json.decode(msgspec.json.encode(card))
    return {"@context": CONTEXT, "id": uri, "type": TYPE, "attributedTo": owner, **fields}


def read_document(document: Json, owner: str) -> Card | None:
    """What another site says of its ``owner``; None where it is about somebody else.

    What has the wrong form is left out, what is too long is cut.
    """
    if document.get("type") != TYPE or id_of(document.get("attributedTo")) != owner:
        return None
    values: dict[str, Any] = {}
    for name in FIELDS:
        found = document.get(name)
        if name == "expertise":
            values[name] = tuple(map(_skill, _objects(found, "name")))
        elif name == "career":
            values[name] = tuple(
                _station(one) for one in _objects(found, "what") if _year(one.get("since"))
            )
        elif name in _LISTS:
            texts = (_line(one) for one in as_list(found)[:MOST] if isinstance(one, str))
            values[name] = tuple(text for text in texts if text)
        elif isinstance(found, str):
            values[name] = _line(found)
    values["phones"] = tuple(filter(is_phone, values["phones"]))
    for name, fits in (("mail", is_mail), ("manager", is_handle)):
        if not fits(values.get(name, "")):
            values[name] = ""
    return Card(**values)


def is_handle(text: str) -> bool:
    """Whether it is a handle with its domain."""
    return parse_handle(text) is not None


def _line(text: str) -> str:
    return clean_line(text, LONGEST)


def _objects(found: Any, key: str) -> list[Json]:
    return [
        one
        for one in as_list(found)[:MOST]
        if isinstance(one, dict) and isinstance(one.get(key), str) and _line(one[key])
    ]


def _skill(one: Json) -> Skill:
    years = as_int(one.get("years"))
    return Skill(_line(one["name"]), years if years is not None and years < 100 else None)


def _station(one: Json) -> Station:
    return Station(_year(one["since"]) or 0, _year(one.get("until")), _line(one["what"]))


def _year(found: Any) -> int | None:
    year = as_int(found)
    return year if year is not None and 1900 <= year < 2200 else None
