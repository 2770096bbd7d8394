"""Statuses for a viewer: cached pieces put together with the viewer's own flags.

The flags of all posts of a page come from one query; endings are made once for each combination.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from fedrse.core.json_pieces import JsonPieces, json_list
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries_marks
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.queries_marks import Mark
from fedrse.features.posts.service_assembly import DEPTH, Assemblies, Assembly, authors_of
from fedrse.features.posts.service_bodies import Bodies
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_documents import NoteParts
from fedrse.features.posts.service_endings import Endings
from fedrse.features.posts.service_page import Page
from fedrse.features.posts.service_ports import READ_BACK, People
from fedrse.features.posts.service_render import Fragment, Fragments
from fedrse.features.posts.service_rows import Rows
from fedrse.features.posts.service_single import Single
from fedrse.store.database import Transaction

FilterResults = Callable[[Transaction, int, Sequence[int]], Awaitable[dict[int, bytes]]]
"""Mastodon ``filtered`` by post id for a viewer; posts that no filter matches are left out."""

FilterResultsForMany = Callable[
    [Transaction, Sequence[int], Sequence[int]], Awaitable[dict[int, dict[int, bytes]]]
]
"""The same for many viewers: by viewer and post; viewers without any are left out."""

_encode = msgspec.json.Encoder().encode


class Entities:
    """Renders statuses."""

    def __init__(self, *, border: Border, people: People, fragments: Fragments, rows: Rows) -> None:
        self._border = border
        self._people = people
        self._fragments = fragments
        self._rows = rows
        self._more_marks: list[Mark] = []
        self._marks: dict[tuple[bool, bool], queries_marks.ForOne] = {}
        self._marks_for_many: dict[bool, queries_marks.ForMany] = {}
        self._filters: FilterResults | None = None
        self._filters_for_many: FilterResultsForMany | None = None
        self._endings = Endings()
        self.single = Single(self._endings)
        self._assemblies = Assemblies()
        self._bodies = Bodies()

    def add_mark(self, mark: Mark) -> None:
        """Registers a flag of another feature (``queries_marks.mark``)."""
        self._more_marks.append(mark)
        self._marks, self._marks_for_many = {}, {}

    def name_marks(self, attribute: str, bits: Mapping[str, int]) -> None:
        """Registers an attribute of Status that lists which of these marks the viewer has made."""
        self._endings.name_marks(attribute, bits)

    def filter_with(self, source: FilterResults, for_many: FilterResultsForMany) -> None:
        """Registers the feature that owns filters."""
        self._filters, self._filters_for_many = source, for_many

    async def entities(
        self, tx: Transaction, ids: Sequence[int], viewer_id: int | None
    ) -> list[bytes]:
        """Mastodon ``Status`` JSON in the order of the ids; what is hidden is left out."""
        found = await self.entities_by_id(tx, ids, viewer_id)
        return [found[one] for one in ids if one in found]

    async def listed(self, tx: Transaction, ids: Sequence[int], viewer_id: int | None) -> bytes:
        """The same as one JSON list."""
        page, together = await self.gather(tx, ids, viewer_id)
        usual = self.is_usual(page, together)
        key = tuple(ids)
        known = self._bodies.get(key, together) if usual else None
        if known is not None:
            return known
        body = json_list(self.written(page, together, ids))
        if usual:
            self._bodies.put(body, key, together)
        return body

    async def pieces(
        self, tx: Transaction, ids: Sequence[int], viewer_id: int | None
    ) -> list[tuple[JsonPieces, dict[str, Any]]]:
        """The same, each in pieces that are to be joined, and the entity of its author.

        What is as nearly everybody gets it comes in several, which are the very same objects as
        long as they say the same; the one between the first and the last is its author.
        """
        page, together = await self.gather(tx, ids, viewer_id)
        plain = self._plain(page, together)
        return [
            (
                pieces if one in plain else (b"".join(pieces),),
                page.accounts[page.fragments[one].account_id][0],
            )
            for one, pieces in self._in_pieces(page, together, ids).items()
        ]

    async def entities_by_id(
        self,
        tx: Transaction,
        ids: Sequence[int],
        viewer_id: int | None,
        *,
        wanted_only: bool = False,
    ) -> dict[int, bytes]:
        """The same by post id; ``wanted_only``: nothing by people whom the viewer mutes or blocks.

        What is asked for by name, or found in lists that leave such people out, needs no look.
        """
        page, together = await self.gather(tx, ids, viewer_id, wanted_only=wanted_only)
        found = self._in_pieces(page, together, ids)
        return {one: b"".join(pieces) for one, pieces in found.items()}

    async def pieces_by_id(
        self, tx: Transaction, ids: Sequence[int], viewer_id: int | None
    ) -> dict[int, JsonPieces]:
        """The same by post id, each in pieces that are to be joined; shared with other readers."""
        page, together = await self.gather(tx, ids, viewer_id)
        known = page.known
        if known is None or page.filtered or page.polls:
            return self._in_pieces(page, together, ids)
        if known.pieces is None:
            known.pieces = self._in_pieces(page, together, ids)
        return known.pieces

    async def of_new(self, tx: Transaction, post: Post, parts: NoteParts) -> bytes | None:
        """``Status`` for the author of a post that this transaction made, without reading it back.

        None where more belongs to it than its text: that is read after the commit.
        """
        if post.thread_id != post.id or post.quote_of_id is not None or parts.poll is not None:
            return None
        if parts.tags or parts.media or parts.author.sensitized_at is not None:
            return None
        if post.id in tx.known.get(READ_BACK, ()):
            return None
        account = self._people.rendered_at_hand(_after_posting(parts.author, post))
        if account is None:
            return None
        author = post.account_id
        fragment = await self._fragments.of_new(tx, post, parts.people)
        page = Page(self._border.person(author), {post.id: fragment}, {author: account})
        if self._filters is not None:
            page.filtered = await self._filters(tx, author, [post.id])
        return self.single.compose(page, fragment, 2)

    # For many viewers: see ``service_viewers``

    def marks_for_many(self, *, quotes: bool) -> queries_marks.ForMany:
        """The flags of all features for many viewers; ``quotes``: of posts that quote others."""
        found = self._marks_for_many.get(quotes)
        if found is None:
            found = queries_marks.ForMany(self._more_marks, quotes=quotes)
            self._marks_for_many[quotes] = found
        return found

    async def filtered_for_many(
        self, tx: Transaction, viewers: Sequence[int], ids: Sequence[int]
    ) -> dict[int, dict[int, bytes]]:
        """``filtered`` by viewer and post; those for whom nothing matches are left out."""
        if self._filters_for_many is None:
            return {}
        return await self._filters_for_many(tx, viewers, ids)

    # Gathering

    async def gather(
        self,
        tx: Transaction,
        ids: Sequence[int],
        viewer_id: int | None,
        *,
        wanted_only: bool = False,
    ) -> tuple[Page, Assembly]:
        """Everything that is needed to put these statuses together."""
        together = await self._together(tx, ids)
        fragments = together.fragments
        page = Page(self._border.person(viewer_id), fragments, together.accounts)
        if viewer_id is not None and fragments:
            await self.read_marks(tx, page, viewer_id, together, wanted_only=wanted_only)
            if self._filters is not None:
                page.filtered = await self._filters(tx, viewer_id, together.ids)
        if together.polls and self._rows.polls is not None:
            page.polls = await self._rows.polls.entities(tx, together.polls, viewer_id)
        return page, together

    async def _together(self, tx: Transaction, ids: Sequence[int]) -> Assembly:
        """The posts and their authors, as they were put together last if nothing has changed."""
        key = tuple(ids)
        version = (self._fragments.version, self._people.rendered_version)
        known = self._assemblies.get(key) if tx.snapshot is not None else None
        if known is not None and known.is_as_seen(version):
            return known
        if known is not None and known.is_made_of(await self._fragments.get(tx, known.ids)):
            accounts = await self._people.rendered(tx, known.authors)
            if known.is_by(accounts):
                known.see(version)
                return known
            found = Assembly(ids, known.fragments, accounts)
        else:
            fragments = await self.with_referred(tx, ids)
            accounts = await self._people.rendered(tx, authors_of(fragments))
            found = Assembly(ids, fragments, accounts)
        if tx.snapshot is not None:
            # Not seen yet: what an old snapshot rendered is found out when it is asked for again.
            self._assemblies.put(key, found)
        return found

    async def with_referred(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Fragment]:
        """The posts, those they share, and those that both quote."""
        fragments = await self._fragments.get(tx, list(dict.fromkeys(ids)))
        fresh = list(fragments.values())
        for _ in range(DEPTH):
            wanted = {
                one
                for fragment in fresh
                if fragment.refers_to
                for one in fragment.refers_to
                if one not in fragments
            }
            if not wanted:
                break
            more = await self._fragments.get(tx, list(wanted))
            fragments.update(more)
            fresh = list(more.values())
        return fragments

    async def read_marks(
        self,
        tx: Transaction,
        page: Page,
        viewer_id: int,
        together: Assembly,
        *,
        wanted_only: bool = False,
    ) -> None:
        """Asks for everything that the viewer's relation to the posts of the page says."""
        sought, groups = together.sought_by(viewer_id)
        key = wanted_only, "quoted" in sought
        marks_of = self._marks.get(key)
        if marks_of is None:
            people = queries_marks.silencing_marks() if wanted_only else []
            quotes = queries_marks.quoting_marks() if key[1] else []
            marks_of = self._marks[key] = queries_marks.ForOne(
                [*queries_marks.own_marks(), *people, *quotes, *self._more_marks]
            )
        known = await together.facts.get(tx, viewer_id, marks_of, sought)
        page.take_facts(known.rows)
        page.known = None if groups else known
        if groups:
            rows = await tx.all(queries_marks.IN_GROUP, me=viewer_id, ids=groups)
            page.groups = {row[0] for row in rows}

    # Putting together

    def _plain(self, page: Page, together: Assembly) -> dict[int, tuple[bytes | Raw, ...]]:
        """The pieces of the posts that this viewer gets as nearly everybody here does."""
        if not page.viewer.local:
            return {}
        plain = together.plain
        if plain is None:
            accounts = together.accounts
            plain = together.plain = {
                one: (
                    fragment.head,
                    accounts[fragment.account_id][1],
                    self._endings.usual(fragment),
                )
                for one, fragment in together.fragments.items()
                if fragment.is_whole
                and fragment.account_id in accounts
                and not accounts[fragment.account_id][0]["suspended"]
            }
        if not page.concerns_any(together.authors):
            return plain
        rest = dict(plain)
        for one in page.concerned(together.by_author):
            rest.pop(one, None)
        return rest

    def is_usual(self, page: Page, together: Assembly) -> bool:
        """Whether this viewer gets all these posts as nearly everybody here does."""
        return len(self._plain(page, together)) == len(together.fragments)

    def written(self, page: Page, together: Assembly, ids: Sequence[int]) -> list[JsonPieces]:
        """``Status`` JSON in the order of the ids; what is hidden is left out."""
        return list(self._in_pieces(page, together, ids).values())

    def _in_pieces(
        self, page: Page, together: Assembly, ids: Sequence[int]
    ) -> dict[int, JsonPieces]:
        plain = self._plain(page, together)
        found: dict[int, JsonPieces] = {}
        for one in ids:
            pieces = plain.get(one)
            if pieces is not None or (pieces := self.single.pieces(page, one)) is not None:
                found[one] = pieces
        return found

    async def open_fragment(self, tx: Transaction, post_id: int) -> Fragment | None:
        """A post that everybody here may read whom its author did not block; None: ask."""
        fragment = (await self._fragments.get(tx, [post_id])).get(post_id)
        if fragment is None or not fragment.is_open or fragment.boost_of_id is not None:
            return None
        return fragment

    def is_shown(self, page: Page, post_id: int) -> bool:
        """Whether the viewer may see a post of the page, wanted or not."""
        fragment = page.fragments.get(post_id)
        account = None if fragment is None else page.accounts.get(fragment.account_id)
        if fragment is None or account is None:
            return False
        return self.single.is_shown(page, fragment, account[0])


def _after_posting(author: Account, post: Post) -> Account:
    """What ``People.count_posts`` did to the row."""
    if post.audience == Audience.DIRECT:
        return author
    return replace(author, statuses_count=author.statuses_count + 1, last_status_at=post.created_at)
