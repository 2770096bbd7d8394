"""Notifications that are shown as one: pages of groups, who is in a group."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.json import Decoder

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.notifications import queries_groups as queries
from fedrse.features.notifications.model import GROUPED, Notification, Wanted
from fedrse.store.database import Row, Transaction

NEWEST = 1 << 62
SAMPLES = 8
MOST_PEOPLE = 80
_decode = Decoder(list[tuple[int, int]]).decode
_COLUMNS = len(Notification.__struct_fields__)


class Group(Struct, frozen=True):
    """A group: its newest notification, how many there are, the newest people in it."""

    key: str
    head: Notification
    count: int
    oldest_id: int
    sample: tuple[int, ...]


class Groups:
    """Reads groups; ``Notifications`` writes."""

    async def listing(
        self,
        tx: Transaction,
        viewer: int,
        page: Page,
        wanted: Wanted,
        grouped: Sequence[str] | None = None,
    ) -> list[Group]:
        """A page of groups, newest first; ``grouped`` are the kinds that may be shown as one."""
        rows = await tx.all(
            queries.HEADS[page.ascending],
            me=viewer,
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            grouped=_kinds(grouped),
            **wanted.parameters(),
        )
        if page.ascending:
            rows.reverse()
        return [_group(row) for row in rows]

    async def access_group(self, tx: Transaction, viewer: int, key: str) -> Group:
        """One group of the viewer. Raises NotFound."""
        everything = _whose(Wanted(filtered_too=True))
        row = await tx.one(queries.HEAD, me=viewer, group_key=key, **everything)
        if row is None:
            raise NotFound
        return _group(row)

    async def people(self, tx: Transaction, viewer: int, key: str) -> list[int]:
        """Who is in a group, newest first. Raises NotFound."""
        rows = await tx.all(queries.PEOPLE, me=viewer, group_key=key, limit=MOST_PEOPLE)
        if not rows:
            raise NotFound
        return [row.from_id for row in rows]

    async def dismiss(self, tx: Transaction, viewer: int, key: str) -> None:
        """Forgets a group; one that is gone already is fine."""
        await tx.run(queries.DISMISS, me=viewer, group_key=key)

    async def unread_count(
        self,
        tx: Transaction,
        viewer: int,
        limit: int,
        wanted: Wanted,
        grouped: Sequence[str] | None = None,
    ) -> int:
        """How many groups are newer than the marker, counted up to ``limit``."""
        counted = await tx.value(
            queries.UNREAD, me=viewer, limit=limit, grouped=_kinds(grouped), **wanted.parameters()
        )
        return int(counted)


def _kinds(grouped: Sequence[str] | None) -> list[str]:
    return [kind.value for kind in GROUPED if grouped is None or kind.value in grouped]


def _whose(wanted: Wanted) -> dict[str, object]:
    given = wanted.parameters()
    return {name: given[name] for name in ("from_all", "other", "filtered_too")}


def _group(row: Row) -> Group:
    """A group from the columns of its head and ``members``, which is None where it stands alone."""
    head, members = Notification(*row[:_COLUMNS]), row[_COLUMNS]
    if not members:
        return Group(f"ungrouped-{head.id}", head, 1, head.id, (head.from_id,))
    together = _decode(members)
    if len(together) == 1:
        return Group(head.group_key, head, 1, head.id, (head.from_id,))
    together.sort(reverse=True)
    people = tuple(dict.fromkeys([person for _, person in together[:SAMPLES]]))
    return Group(head.group_key, head, len(together), together[-1][0], people)
