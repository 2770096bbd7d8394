"""Announcements as they travel: a Note by a site, for the people of others (extension). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_bool, as_int, as_list, first_str, id_of
from fedrse.core.clock import from_iso, to_iso_seconds
from fedrse.core.html import html_to_text, sanitise
from fedrse.features.announcements.model import LONGEST, Totals
from fedrse.features.announcements.model_units import read_units

TYPE: Final = "Announcement"
TARGETED: Final = "TargetedAnnouncement"
"""For some people of a site only. A type of its own, so that who does not know it shows it to
nobody instead of everybody."""
CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    {
        "fedrse": "urn:fedrse:ns:",
        "Announcement": "fedrse:Announcement",
        "TargetedAnnouncement": "fedrse:TargetedAnnouncement",
        "readers": "fedrse:readers",
        "units": "fedrse:units",
        "mustRead": "fedrse:mustRead",
        "delivered": "fedrse:delivered",
        "read": "fedrse:read",
    },
]
LONGEST_HTML: Final = 20 * LONGEST


class Arrived(Struct, frozen=True):
    """What another site announces here; ``html`` is clean, times in milliseconds.

    ``units``: those whose people are meant, none: everybody.
    """

    uri: str
    html: str
    text: str
    must_read: bool
    ends_at: int | None
    units: tuple[str, ...] = ()


def document(
    *,
    uri: str,
    site: str,
    html: str,
    published: int,
    ends_at: int | None,
    must_read: bool,
    units: Sequence[str] = (),
) -> Json:
    """The object: also a Note, so that software that knows no announcements shows it.

    One for some ``units`` is nothing else: who does not know what that is must not show it.
    """
    found: Json = {
        "id": uri,
        "type": [TYPE, "Note"],
        "attributedTo": site,
        "content": html,
        "published": to_iso_seconds(published),
        "mustRead": must_read,
    }
    if ends_at is not None:
        found["endTime"] = to_iso_seconds(ends_at)
    if units:
        found |= {"type": TARGETED, "readers": {"units": list(units)}}
    return found


def activity(kind: str, identifier: str, site: str, to: Sequence[str], item: Json) -> Json:
    """``Create``, ``Delete`` or ``Read`` by a site."""
    return {
        "@context": CONTEXT,
        "id": identifier,
        "type": kind,
        "actor": site,
        "to": list(to),
        "object": item,
    }


def read_document(item: Json) -> Arrived | None:
    """What came, None where it says nothing that can be shown."""
    uri, content = id_of(item), first_str(item.get("content"))
    units = _units(item)
    if units is None:
        return None
    if uri is None or not content or len(content) > LONGEST_HTML:
        return None
    html = sanitise(content)
    text = html_to_text(html)[:LONGEST]
    if not text:
        return None
    return Arrived(
        uri=uri,
        html=html,
        text=text,
        must_read=as_bool(item.get("mustRead")),
        ends_at=_moment(item.get("endTime")),
        units=units,
    )


def _units(item: Json) -> tuple[str, ...] | None:
    """For whom it is; None where that cannot be told, so that it is for nobody."""
    if TARGETED in as_list(item.get("type")):
        return read_units(item.get("readers"))
    return None if "readers" in item else ()


def read_totals(item: Json) -> Totals | None:
    """The numbers in a ``Read``, None where there are none."""
    delivered, read = as_int(item.get("delivered")), as_int(item.get("read"))
    if delivered is None or read is None:
        return None
    return Totals(delivered, min(read, delivered))


def _moment(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return from_iso(value)
    except ValueError:
        return None
