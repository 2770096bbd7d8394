"""The Link header of a page of a list (RFC 8288), as Mastodon clients follow it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from fedrse.core.paging import Page

_MAX_QUERY = 2048  # stands in both links; programs accept 8 KiB for a header
_USUAL = 128
_UNSAFE = re.compile(r"[^!#-;=?-Z\[\]_a-z~]")


def link_header(
    address: str,
    page: Page,
    *,
    newest: int | None,
    oldest: int | None,
    more: bool = True,
    query_string: str = "",
) -> str | None:
    """``next`` (older) and ``prev`` (newer) relative to the items of this answer.

    ``address`` is absolute and without a query; ``newest`` and ``oldest`` are the ids of the first
    and last item, None for an empty answer, which has no links; ``more`` is False where nothing
    older can follow. Of ``query_string``, as it was sent, everything but the page and the token is
    kept; one that is too long to be repeated leaves the answer without links.
    """
    if newest is None or oldest is None:
        return None
    query = (_usual if len(query_string) < _USUAL else _kept)(query_string)
    if len(query) > _MAX_QUERY:
        return None
    kept = f"{address}?{query}limit={page.limit}&"
    previous = f'<{kept}min_id={newest}>; rel="prev"'
    return f'<{kept}max_id={oldest}>; rel="next", {previous}' if more else previous


_OWN = frozenset({"limit", "max_id", "since_id", "min_id", "access_token"})


def _kept(query_string: str) -> str:
    if not query_string:
        return ""
    parts = [part for part in query_string.split("&") if part.partition("=")[0] not in _OWN]
    kept = "".join(f"{part}&" for part in parts if part)
    return _UNSAFE.sub(_escaped, kept)


_usual = lru_cache(maxsize=512)(_kept)  # apps ask for the same lists again and again


def _escaped(match: re.Match[str]) -> str:
    return quote(match[0], safe="%", errors="replace")
