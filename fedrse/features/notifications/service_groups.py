"""Notifications that are shown as one: pages of groups, who is in a group."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.json import Decoder

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.notifications import queries_groups as queries
from fedrse.features.notifications.model import GROUPED as GROUPED_KINDS
from fedrse.features.notifications.model import Notification, Wanted
from fedrse.features.notifications.service_first_pages import GROUPED, FirstPages, window
from fedrse.store.database import Row, Transaction

SAMPLES = 8
MOST_PEOPLE = 80
_decode = Decoder(list[tuple[int, int]]).decode
_COLUMNS = len(Notification.__struct_fields__)


class Group(Struct):
    """A group: its newest notification, how many there are, the newest people in it.

    ``drawn`` is for who renders it: its JSON on a page of groups, once that is known.
    """

    key: str
    head: Notification
    count: int
    oldest_id: int
    sample: tuple[int, ...]
    drawn: bytes = b""


class GroupPage:
    """Groups and what belongs to them, found out once: a page is read again and again.

    ``posts`` and ``reports`` are what the groups are about, ``people`` who is shown of them, all
    in the order of the groups.
    """

    __slots__ = ("groups", "people", "posts", "reports")

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        heads = [one.head for one in groups]
        self.posts = list(dict.fromkeys(one.post_id for one in heads if one.post_id is not None))
        told = [one.report_id for one in heads if one.report_id is not None]
        self.reports = list(dict.fromkeys(told))
        self.people = list(dict.fromkeys(chain.from_iterable(one.sample for one in groups)))

    def without(self, posts: Container[int]) -> GroupPage:
        """The page without the groups about these posts."""
        rest = (
            one for one in self.groups if one.head.post_id is None or one.head.post_id not in posts
        )
        return GroupPage(list(rest))


class Groups:
    """Reads groups, and forgets them; everything else is written by ``Notifications``."""

    def __init__(self, first_pages: FirstPages | None = None) -> None:
        """``first_pages`` are those of ``Notifications``, for who lists or dismisses."""
        self._first_pages = first_pages or FirstPages()

    async def listing(
        self,
        tx: Transaction,
        viewer: int,
        page: Page,
        wanted: Wanted,
        grouped: Sequence[str] | None = None,
    ) -> GroupPage:
        """A page of groups, newest first; ``grouped`` are the kinds that may be shown as one.

        Shared with other readers.
        """
        kinds = _kinds(grouped)

        async def read() -> GroupPage:
            rows = await tx.all(
                queries.HEADS[page.ascending],
                me=viewer,
                **window(page),
                grouped=kinds,
                **wanted.parameters(),
            )
            found = [_group(row) for row in rows]
            return GroupPage(found[::-1] if page.ascending else found)

        pages, variant = self._first_pages, (wanted, *kinds)
        return await pages.get(tx, GROUPED, viewer, page, variant=variant, read=read)

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
        self._first_pages.changed(tx, viewer)

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
    return [kind.value for kind in GROUPED_KINDS if grouped is None or kind.value in grouped]


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
