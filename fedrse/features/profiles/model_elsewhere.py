"""People found on other sites: the question and the answer as they travel between sites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str, id_of
from fedrse.core.text import clean_line
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.profiles.model import FIELDS, NOTHING, Card
from fedrse.features.profiles.model_search import Wish
from fedrse.features.profiles.model_wire import CONTEXT, read_document, write_document

PEOPLE: Final = "people"
PER_ANSWER: Final = 20
FURTHEST: Final = 200
"""So many people of one site can be had with one question, page by page."""
TOLD: Final = ("function", "unit", "site", "manager", "languages", "expertise")
"""The fields that answers carry; the whole card is another question."""
_LONGEST_NAME: Final = 100
_CONTEXT: Final[list[Any]] = [
    *CONTEXT,
    {
        "contactCard": "urn:fedrse:ns:contactCard",
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    },
]


class Hit(Struct, frozen=True):
    """Somebody found: the id of their actor, and what their site tells of them."""

    uri: str
    name: str
    handle: str
    card: Card


class Answer(Struct, frozen=True):
    """What one site answered. ``trouble`` says why it did not (``slow``, ``refused`` ...).

    ``further`` is the cursor of the next page, 0 where there is none.
    """

    host: str
    trouble: str = ""
    hits: tuple[Hit, ...] = ()
    total: int = 0
    further: int = 0


def address_of(search: str, wish: Wish, cursor: int = 0) -> str:
    """Where to ask: ``search`` is what the other site announces."""
    params = {"kind": PEOPLE, **wish.params()}
    if cursor:
        params["cursor"] = str(cursor)
    return f"{search}{'&' if '?' in search else '?'}{urlencode(params)}"


def write_answer(
    address: str, found: list[tuple[Account, Card]], wish: Wish, cursor: int, owner: str
) -> Json:
    """The collection for one question; ``address`` is where such questions are asked."""
    end = min(cursor + PER_ANSWER, FURTHEST)
    shown = found[cursor:end]
    document: Json = {
        "@context": _CONTEXT,
        "id": address_of(address, wish, cursor),
        "type": "OrderedCollection",
        "attributedTo": owner,
        "totalItems": len(found),
        "orderedItems": [_item(account, card) for account, card in shown],
    }
    if end < min(len(found), FURTHEST):
        document["next"] = address_of(address, wish, end)
    return document


def _item(account: Account, card: Card) -> Json:
    told = Card(**{name: getattr(card, name) for name in TOLD})
    document = write_document(f"{account.uri}/card", account.uri, told)
    del document["@context"]
    return {
        "id": account.uri,
        "type": account.kind,
        "name": account.display_name or account.username,
        "preferredUsername": account.username,
        "webfinger": account.handle,
        "url": account.url,
        "contactCard": document,
    }


def read_answer(document: Json, host: str, origin: str, cursor: int) -> Answer | None:
    """What the site ``host`` says; None where it is no answer.

    People of other origins and what has no name or handle are left out: a site speaks for its own.
    """
    if document.get("type") != "OrderedCollection":
        return None
    items = as_list(document.get("orderedItems"))[:PER_ANSWER]
    hits = tuple(_unique(hit for one in items if (hit := _hit(one, origin)) is not None))
    total = max(as_int(document.get("totalItems")) or 0, len(hits))
    reached = cursor + PER_ANSWER
    goes_on = id_of(document.get("next")) is not None and hits and reached < FURTHEST
    return Answer(host, hits=hits, total=total, further=reached if goes_on else 0)


def _hit(one: Any, origin: str) -> Hit | None:
    uri = id_of(one)
    if not isinstance(one, dict) or uri is None or not same_origin(uri, origin):
        return None
    handle = parse_handle(first_str(one.get("webfinger")))
    name = clean_line(first_str(one.get("name")), _LONGEST_NAME)
    if handle is None:
        return None
    said = one.get("contactCard")
    card = (read_document(said, uri) if isinstance(said, dict) else None) or NOTHING
    told = Card(**{field: getattr(card, field) for field in FIELDS if field in TOLD})
    return Hit(uri, name or handle.username, f"{handle.username}@{handle.domain}", told)


def _unique(hits: Iterable[Hit]) -> list[Hit]:
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.uri, hit)
    return list(found.values())
