"""What the client wants: the language of a page, and HTML or ActivityPub of the same address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

MAX_HEADER = 2048

ACTIVITY = "application/activity+json"
LINKED_DATA = "application/ld+json"
JSON = "application/json"
PROFILE = "https://www.w3.org/ns/activitystreams"


def _weighted(header: str) -> list[tuple[str, str, float]]:
    """The entries of an Accept header: value, parameters, weight 0..1 (RFC 9110, section 12.4.2).

    A weight that cannot be read counts as 0, as does everything beyond MAX_HEADER characters.
    """
    entries = []
    for entry in header[:MAX_HEADER].split(","):
        value, _, parameters = entry.strip().lower().partition(";")
        if value:
            entries.append((value.strip(), parameters, _weight(parameters)))
    return entries


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value.strip() or "x"), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=256)
def prefers_activity(accept: str | None) -> bool:
    """Whether ActivityPub is asked for rather than HTML.

    ActivityPub must be named (``application/activity+json`` or ``application/ld+json``, whose
    profile many senders forget; some write ``application/json`` with that profile) and weigh at
    least as much as HTML does; a browser, and ``*/*``, get the page.
    """
    if not accept:
        return False
    activity = html = anything = 0.0
    for value, parameters, weight in _weighted(accept):
        if value in (ACTIVITY, LINKED_DATA) or (value == JSON and PROFILE in parameters):
            activity = max(activity, weight)
        elif value in ("text/html", "application/xhtml+xml"):
            html = max(html, weight)
        elif value in ("*/*", "text/*"):
            anything = max(anything, weight)
    if activity <= 0.0:
        return False
    return activity >= html if html else activity >= anything


def choose_language(header: str | None, available: Sequence[str], default: str) -> str:
    """The best available language for an Accept-Language header (RFC 4647, lookup).

    ``available`` are primary language subtags; ``fr-CA`` finds ``fr``.
    """
    if not header:
        return default
    best, best_weight = default, 0.0
    for value, _, weight in _weighted(header):
        primary = value.partition("-")[0]
        if primary in available and weight > best_weight:
            best, best_weight = primary, weight
    return best
