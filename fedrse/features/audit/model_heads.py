"""Heads of logs as sites tell them to each other (extension). Pure.

A site publishes where the chain of its log ends, signed; the others keep what they were told. A
log that was cut or written anew no longer holds a head that somebody else has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str
from fedrse.core.clock import from_iso, to_iso_seconds
from fedrse.features.audit.model import Head

HEAD_PATH: Final = "/ap/audit/head"
WITNESS_PATH: Final = "/ap/audit/witness"
TYPE: Final = "AuditHead"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"
CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    DATA_INTEGRITY,
    {
        "fedrse": "urn:fedrse:ns:",
        "AuditHead": "fedrse:AuditHead",
        "number": "fedrse:number",
        "hash": "fedrse:hash",
        "known": "fedrse:known",
    },
]
MOST_TOLD: Final = 200
MOST_NEWEST: Final = 100  # of those that are told; the others are spread over all the time before
_DIGITS: Final = frozenset("0123456789abcdef")


class Noted(Struct, frozen=True):
    """A head of another site's log, or of ours at another site; ``at`` when it was noted."""

    head: Head
    at: int


def head_document(origin: str, site: str, head: Head, now: int, known: Head | None = None) -> Json:
    """What ``/ap/audit/head`` answers, before it is signed.

    ``known`` is the entry with the number that was asked about, as the log has it now.
    """
    found: Json = {
        "@context": CONTEXT,
        "id": origin + HEAD_PATH,
        "type": TYPE,
        "attributedTo": site,
        "number": head.number,
        "hash": head.hash,
        "published": to_iso_seconds(now),
    }
    if known is not None:
        found["known"] = {"type": TYPE, "number": known.number, "hash": known.hash}
    return found


def read_known(document: Json) -> Head | None:
    """The older entry that a document tells besides, None where it tells none.

    One that the log does not have is told without hash.
    """
    found = document.get("known")
    if not isinstance(found, dict):
        return None
    number = as_int(found.get("number"))
    return Head(0 if number is None else number, first_str(found.get("hash"))[:64])


def spread(noted: Sequence[Noted], most: int = MOST_TOLD) -> list[Noted]:
    """Of many heads, the newest first, the newest ones and some of all ages, the oldest too.

    So a log that was written anew long ago still stands against what was noted before.
    """
    if len(noted) <= most:
        return list(noted)
    newest, older = noted[:MOST_NEWEST], noted[MOST_NEWEST:]
    places = most - len(newest)
    step = (len(older) - 1) / (places - 1)
    return [*newest, *(older[round(place * step)] for place in range(places))]


def read_head(document: Json) -> Head | None:
    """The head that a document tells, None where it tells none."""
    number, found = as_int(document.get("number")), first_str(document.get("hash"))
    if number is None or number < 0:
        return None
    if number == 0:
        return Head(0, "")
    return Head(number, found) if len(found) == 64 and _DIGITS.issuperset(found) else None


def witness_document(origin: str, site: str, heads: list[Noted]) -> Json:
    """What ``/ap/audit/witness`` answers: the heads that this site noted of the one that asks."""
    return {
        "@context": CONTEXT,
        "id": origin + WITNESS_PATH,
        "type": "Collection",
        "attributedTo": site,
        "totalItems": len(heads),
        "items": [
            {
                "type": TYPE,
                "number": one.head.number,
                "hash": one.head.hash,
                "published": to_iso_seconds(one.at),
            }
            for one in heads
        ],
    }


def read_witness(document: Json) -> list[Noted]:
    """The heads in such an answer; what cannot be read is left out."""
    found = []
    for item in as_list(document.get("items"))[:MOST_TOLD]:
        head = read_head(item) if isinstance(item, dict) else None
        if head is not None and head.number:
            found.append(Noted(head, _moment(item.get("published"))))
    return found


def _moment(value: Any) -> int:
    try:
        return from_iso(value) if isinstance(value, str) else 0
    except ValueError:
        return 0
