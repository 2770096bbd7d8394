"""One query for everything that a viewer's relation to many posts says.

Rows are (kind, id). Positive kinds are bits that belong to a post; features above add theirs.
Negative kinds are facts about authors and threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, exists, literal_column, select, union_all

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.queries import me
from fedrse.features.posts.tables import bookmark, mention, pin, post, thread_mute
from fedrse.features.relationships.service_joins import block, follow
from fedrse.store.rebind import rebind, unbind
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

FAVOURITED: Final = 1
REBLOGGED: Final = 2
MUTED: Final = 4
BOOKMARKED: Final = 8
PINNED: Final = 16
MUTED_THREAD: Final = -1
BLOCKED_BY: Final = -2
FOLLOWED: Final = -3
NAMED: Final = -4

Mark = Select[Any]


def mark(kind: int, column: Any) -> Mark:
    """A select of (kind, id); the caller adds conditions over ``me`` and the lists."""
    return select(literal_column(str(kind)).label("kind"), column.label("id"))


def _own() -> list[Mark]:
    return [
        mark(REBLOGGED, post.c.boost_of_id).where(
            post.c.account_id == me, any_of(post.c.boost_of_id, "ids")
        ),
        mark(BOOKMARKED, bookmark.c.post_id).where(
            bookmark.c.account_id == me, any_of(bookmark.c.post_id, "ids")
        ),
        mark(PINNED, pin.c.post_id).where(pin.c.account_id == me, any_of(pin.c.post_id, "own")),
        mark(MUTED_THREAD, thread_mute.c.thread_id).where(
            thread_mute.c.account_id == me, any_of(thread_mute.c.thread_id, "threads")
        ),
        mark(BLOCKED_BY, block.c.account_id).where(
            block.c.target_id == me, any_of(block.c.account_id, "authors")
        ),
        mark(FOLLOWED, follow.c.target_id).where(
            follow.c.account_id == me, follow.c.accepted, any_of(follow.c.target_id, "followed")
        ),
        mark(NAMED, mention.c.post_id).where(
            mention.c.account_id == me, mention.c.reached, any_of(mention.c.post_id, "closed")
        ),
    ]


def statement(more: Sequence[Mark]) -> Statement:
    """All marks in one statement.

    Parameters: ``me``, and the lists ``ids`` (posts), ``own`` (those of the viewer), ``threads``,
    ``authors``, ``followed`` (authors whose followers matter) and ``closed`` (posts for few).
    """
    return Statement(union_all(*_own(), *more))


_viewer = account.alias("viewer")


def _for_many(found: Mark) -> Mark:
    """The same for all of ``viewers``, with one more column that says whose it is."""
    rows = rebind(found, "me", _viewer.c.id)
    return rows.add_columns(_viewer.c.id.label("viewer")).where(any_of(_viewer.c.id, "viewers"))


def _of_anybody(place: int, found: Mark) -> Select[Any]:
    """The place of a mark in the list, if anybody at all has made it."""
    return select(literal_column(str(place))).where(exists(unbind(found, "me")))


class ForMany:
    """The marks of many people on a few posts, in two steps.

    Most marks of a new post are not there yet: so first it is asked which there are at all, by
    post, and only those are looked up for each of the viewers.
    """

    def __init__(self, more: Sequence[Mark]) -> None:
        self._marks = [*_own(), *more]
        self.made = Statement(
            union_all(*(_of_anybody(place, one) for place, one in enumerate(self._marks)))
        )
        self._statements: dict[tuple[int, ...], Statement] = {}

    def statement(self, places: Sequence[int]) -> Statement:
        """Rows (kind, id, viewer); parameters as above, with ``viewers`` instead of ``me``.

        ``places`` are the answers of ``made``, at least one.
        """
        key = tuple(sorted(places))
        found = self._statements.get(key)
        if found is None:
            chosen = [_for_many(self._marks[place]) for place in key]
            found = self._statements[key] = Statement(union_all(*chosen))
        return found


_membership = follow.alias("membership")
_in_group = (
    select(mention.c.post_id)
    .select_from(mention)
    .join(account, account.c.id == mention.c.account_id)
    .join(_membership, _membership.c.target_id == account.c.id)
    .where(
        any_of(mention.c.post_id, "ids"),
        account.c.kind == "Group",
        _membership.c.account_id == me,
        _membership.c.accepted,
    )
)
IN_GROUP = Statement(_in_group)
IN_GROUP_OF_MANY = Statement(_for_many(_in_group))
