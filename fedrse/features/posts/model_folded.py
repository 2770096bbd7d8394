"""What a viewer's own filters do with a post on a page, as apps do it with the same entities."""

from __future__ import annotations

from typing import Any


def filters_of(status: dict[str, Any], context: str) -> str | None:
    """Titles of the filters that fold a post up in this context, "" where none does.

    None: one of them leaves it out. ``context`` is one of Mastodon's (home, public, account,
    thread, notifications); own posts are never filtered, and without a context nothing is.
    """
    titles = []
    shown = status["reblog"] or status
    for result in shown.get("filtered") or status.get("filtered") or ():
        found = result["filter"]
        if context not in found["context"]:
            continue
        if found["filter_action"] == "hide":
            return None
        titles.append(found["title"])
    return ", ".join(titles)
