"""What a viewer's relation to many posts says, with the same queries for one post or forty.

Rows are (kind, id). Positive kinds are bits that belong to a post; features above add theirs.
Negative kinds are facts about authors and threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.queries import me
from fedrse.features.posts.tables import bookmark, mention, pin, post, thread_mute
from fedrse.features.relationships.service_joins import block, domain_block, follow, mute
from fedrse.store.database import Row, Transaction
from fedrse.store.narrow import narrow_alias
from fedrse.store.rebind import rebind, unbind
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.watch import Interest

FAVOURITED: Final = 1
REBLOGGED: Final = 2
MUTED: Final = 4
BOOKMARKED: Final = 8
PINNED: Final = 16
MUTED_THREAD: Final = -1
BLOCKED_BY: Final = -2
FOLLOWED: Final = -3
NAMED: Final = -4
UNWANTED: Final = -6
QUOTES_BLOCKED: Final = -7
QUOTES_BLOCKED_DOMAIN: Final = -8
QUOTES_MUTED: Final = -9
QUOTE_STATES: Final = {
    QUOTES_BLOCKED: "blocked_account",
    QUOTES_BLOCKED_DOMAIN: "blocked_domain",
    QUOTES_MUTED: "muted_account",
}
"""What ``Quote.state`` says of an accepted quote of somebody whom the viewer silences."""


class _any_nearby(any_of):  # noqa: N801  (like any_of)
    """``any_of``, looked up only if ``nearby`` finds something between the ends of the list.

    That is one look into an index instead of one per item, and mostly there is nothing.
    """

    def __init__(self, column: ColumnElement[Any], name: str, nearby: Select[Any]) -> None:
        super().__init__(column, name)
        listed: Any = case((exists(nearby), self.parameter))
        self.parameter = listed


class Mark(Struct, frozen=True):
    """Rows (kind, id) of what ``me`` marked; ``among`` names the list of ids to look at."""

    found: Select[Any]
    column: ColumnElement[Any]
    among: str
    is_rare: bool = False  # looked for only where it can be, and then by each id

    @property
    def listed(self) -> Select[Any]:
        """Looks for every id of the list."""
        return self.found.where(any_of(self.column, self.among))

    @property
    def nearby(self) -> Select[Any]:
        """The same; cheaper where there is nothing between the smallest and the largest id."""
        if self.is_rare:
            return self.listed
        first, last = (bindparam(name, type_=BigInteger) for name in _bounds_of(self.among))
        near = self.found.where(self.column >= first, self.column <= last)
        return self.found.where(_any_nearby(self.column, self.among, near))


def mark(kind: int, column: Any, *conditions: ColumnElement[bool], among: str = "ids") -> Mark:
    """What fulfils these conditions over ``me``."""
    found = select(literal_column(str(kind)).label("kind"), column.label("id")).where(*conditions)
    return Mark(found, column, among)


def _bounds_of(among: str) -> tuple[str, str]:
    return f"{among}_from", f"{among}_to"


def own_marks() -> list[Mark]:
    """What this feature knows of a viewer and posts."""
    return [
        mark(REBLOGGED, post.c.boost_of_id, post.c.account_id == me),
        mark(BOOKMARKED, bookmark.c.post_id, bookmark.c.account_id == me),
        mark(PINNED, pin.c.post_id, pin.c.account_id == me, among="own"),
        mark(
            MUTED_THREAD, thread_mute.c.thread_id, thread_mute.c.account_id == me, among="threads"
        ),
        mark(BLOCKED_BY, block.c.account_id, block.c.target_id == me, among="authors"),
        mark(
            FOLLOWED,
            follow.c.target_id,
            follow.c.account_id == me,
            follow.c.accepted,
            among="followed",
        ),
        mark(
            NAMED,
            mention.c.post_id,
            mention.c.account_id == me,
            mention.c.reached,
            among="closed",
        ),
    ]


def silencing_marks() -> list[Mark]:
    """Authors whom the viewer does not want to read."""
    return [
        mark(UNWANTED, mute.c.target_id, mute.c.account_id == me, among="authors"),
        mark(UNWANTED, block.c.target_id, block.c.account_id == me, among="authors"),
    ]


def quoting_marks() -> list[Mark]:
    """Authors of quoted posts whom the viewer silences."""
    domain = or_(domain_block.c.domain == account.c.domain, domain_block.c.domain == account.c.host)
    found = [
        mark(QUOTES_BLOCKED, block.c.target_id, block.c.account_id == me, among=QUOTED),
        mark(QUOTES_MUTED, mute.c.target_id, mute.c.account_id == me, among=QUOTED),
        mark(
            QUOTES_BLOCKED_DOMAIN,
            account.c.id,
            domain_block.c.account_id == me,
            domain,
            among=QUOTED,
        ),
    ]
    return [replace(one, is_rare=True) for one in found]


QUOTED: Final = "quoted"
Lists = Mapping[str, Sequence[int]]
"""What marks are looked for on: ``ids`` (posts), ``own`` (those of the viewer), ``threads``,
``authors``, ``followed`` (authors whose followers matter) and ``closed`` (posts for few); and
``quoted`` (authors of quoted posts), where there are any."""


class ForOne:
    """The marks of one person: rows (kind, id). ``interest`` is what they depend on."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._statement = Statement(union_all(*(found.nearby for found in marks)))
        self.interest = Interest([found.found for found in marks], "me")

    async def rows(self, tx: Transaction, viewer_id: int, sought: Mapping[str, Any]) -> list[Row]:
        """The marks of this viewer; ``sought`` are lists and their bounds (``_from``, ``_to``)."""
        return await tx.all(self._statement, me=viewer_id, **sought)


_viewer = narrow_alias(account, "viewer", "id")


def _for_many(found: Select[Any]) -> Select[Any]:
    """The same for all of ``viewers``, with one more column that says whose it is."""
    rows = rebind(found, "me", _viewer.c.id)
    return rows.add_columns(_viewer.c.id.label("viewer")).where(any_of(_viewer.c.id, "viewers"))


def _of_anybody(place: int, found: Mark) -> Select[Any]:
    """The place of a mark in the list, if anybody at all has made it."""
    return select(literal_column(str(place))).where(exists(unbind(found.listed, "me")))


class ForMany:
    """The marks of many people on a few posts, in two steps.

    Most marks of a new post are not there yet: so first it is asked which there are at all, by
    post, and only those are looked up for each of the viewers.
    """

    def __init__(self, more: Sequence[Mark], *, quotes: bool = False) -> None:
        """``quotes``: some of the posts quote another one."""
        self._marks = [*own_marks(), *more, *(quoting_marks() if quotes else ())]
        self.made = Statement(
            union_all(*(_of_anybody(place, one) for place, one in enumerate(self._marks)))
        )
        self._statements: dict[tuple[int, ...], Statement] = {}

    def statement(self, places: Sequence[int]) -> Statement:
        """Rows (kind, id, viewer); parameters are ``Lists``, and ``viewers`` instead of ``me``.

        ``places`` are the answers of ``made``, at least one.
        """
        key = tuple(sorted(places))
        found = self._statements.get(key)
        if found is None:
            chosen = [_for_many(self._marks[place].listed) for place in key]
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
