"""Reads timelines of several tags at once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedrse.core.paging import Page
from fedrse.core.text import fold_hashtag
from fedrse.features.timelines import queries_tagged as queries
from fedrse.features.timelines.queries_home import NEWEST
from fedrse.store.database import Transaction

MOST_TAGS = 8  # of each list; Mastodon takes four


class TagChoice(Struct, frozen=True):
    """Tags that a post has: one of ``any``, all of ``every``, none of ``none``; folded names."""

    any: tuple[str, ...]
    every: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


def choice_of(
    name: str, *, any_: Sequence[str], every: Sequence[str], none: Sequence[str]
) -> TagChoice | None:
    """What somebody asks for beside the tag ``name``; None where that is nothing."""
    more, all_, without = (_folded(names) for names in (any_, every, none))
    if not (more or all_ or without):
        return None
    return TagChoice((name, *more), all_, without)


def _folded(names: Sequence[str]) -> tuple[str, ...]:
    found = (fold_hashtag(name.strip().removeprefix("#")) for name in names[:MOST_TAGS])
    return tuple(dict.fromkeys(name for name in found if name))


async def tagged_together(
    tx: Transaction,
    viewer: int | None,
    choice: TagChoice,
    page: Page,
    *,
    local: bool | None = None,
    only_media: bool = False,
) -> list[int]:
    """Ids of posts that fit, newest first, as the viewer may read them.

    Visitors (None) find what people of this site who agreed to it write for everybody.
    """
    names = list(dict.fromkeys((*choice.any, *choice.every, *choice.none)))
    known = {row.name: row.id for row in await tx.all(queries.TAG_IDS, names=names)}
    if not set(choice.every) <= set(known):
        return []  # nobody has used one of them
    statement = queries.COMBINED[(local, only_media, page.ascending)]
    if viewer is None:
        statement = queries.COMBINED_FOR_VISITORS[(only_media, page.ascending)]
    ids = await tx.ids(
        statement,
        me=viewer or 0,
        any=[known[name] for name in choice.any if name in known],
        every=[known[name] for name in choice.every],
        number=len(choice.every),
        none=[known[name] for name in choice.none if name in known],
        max_id=NEWEST if page.max_id is None else page.max_id,
        since_id=page.after or 0,
        limit=page.limit,
    )
    ids.sort(reverse=True)
    return ids
