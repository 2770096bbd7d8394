"""Pages of a list that is ordered by id, as the Mastodon API cuts them.

``max_id`` asks for older items, ``since_id`` for the newest items after an id, ``min_id`` for the
items immediately after an id. The answer is newest first in all three cases, and the ids need not
exist any more.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from fedrse.core.errors import BadRequest
from fedrse.core.ids import parse_id

DEFAULT_LIMIT = 20
MAX_LIMIT = 40


class Page(Struct, frozen=True):
    """Which part of a list is asked for; the bounds are exclusive."""

    limit: int = DEFAULT_LIMIT
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def after(self) -> int | None:
        """The lower bound, whichever parameter gave it; ``min_id`` wins."""
        return self.since_id if self.min_id is None else self.min_id

    @property
    def ascending(self) -> bool:
        """Whether the store must walk upwards from ``after`` and turn the rows round."""
        return self.min_id is not None


def parse_page(
    values: Mapping[str, object], *, default: int = DEFAULT_LIMIT, cap: int = MAX_LIMIT
) -> Page:
    """The page in these parameters; ``limit`` outside 1..``cap`` is brought inside.

    Raises BadRequest (``invalid_page``) where a limit or an id is not a number. An empty value
    counts as absent.
    """
    return Page(
        limit=_limit(values.get("limit"), default, cap),
        max_id=_id(values, "max_id"),
        since_id=_id(values, "since_id"),
        min_id=_id(values, "min_id"),
    )


def _limit(value: object, default: int, cap: int) -> int:
    if value is None or value == "":
        return min(default, cap)
    number = parse_id(str(value))
    if number is None:
        raise BadRequest("invalid_page", "limit must be a number")
    return min(max(number, 1), cap)


def _id(values: Mapping[str, object], name: str) -> int | None:
    value = values.get(name)
    if value is None or value == "":
        return None
    number = parse_id(str(value))
    if number is None:
        raise BadRequest("invalid_page", f"{name} must be an id")
    return number
