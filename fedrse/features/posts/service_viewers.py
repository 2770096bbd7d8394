"""Statuses for many viewers at once, for live streams: a few queries, however many are watching.

Viewers to whom a post looks the same share one rendering; nearly always that is everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from fedrse.features.posts import queries_marks
from fedrse.features.posts.model import Audience
from fedrse.features.posts.service_assembly import quoted_in
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_entities import Entities
from fedrse.features.posts.service_page import IN_GROUP, Page
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_render import Fragment
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction

Fact = tuple[int, int]  # kind and id, as in queries_marks
Rendered = dict[int, dict[int, bytes]]
"""Mastodon ``Status`` JSON by post and viewer."""


class ForMany:
    """Renders posts for many viewers."""

    def __init__(self, *, entities: Entities, border: Border, people: People, rows: Rows) -> None:
        self._entities = entities
        self._border = border
        self._people = people
        self._rows = rows

    async def render(self, tx: Transaction, wanted: Mapping[int, Collection[int]]) -> Rendered:
        """Each post for its viewers (people of this site); what one may not see is left out."""
        viewers = sorted({viewer for those in wanted.values() for viewer in those})
        if not viewers:
            return {}
        entities = self._entities
        fragments = await entities.with_referred(tx, list(wanted))
        accounts = await self._people.rendered(
            tx, {fragment.account_id for fragment in fragments.values()}
        )
        facts = await self._facts(tx, fragments, viewers)
        plain_polls, own_polls = await self._polls(tx, fragments, viewers)
        filtered = await entities.filtered_for_many(tx, viewers, list(fragments))
        authors = {fragment.account_id for fragment in fragments.values()}
        by_viewer: defaultdict[int, dict[int, bytes]] = defaultdict(dict)
        for (post_id, viewer), poll in own_polls.items():
            by_viewer[viewer][post_id] = poll
        made: dict[tuple[object, ...], Page] = {}
        pages: dict[int, Page] = {}
        for viewer in viewers:
            key = (
                tuple(facts.get(viewer, ())),
                viewer if viewer in authors or viewer in by_viewer else None,
                tuple(filtered.get(viewer, {}).items()),
            )
            page = made.get(key)
            if page is None:
                page = made[key] = Page(self._border.person(viewer), fragments, accounts)
                page.polls = plain_polls | by_viewer.get(viewer, {})
                page.filtered = filtered.get(viewer, {})
                page.take_facts(facts.get(viewer, ()))
            pages[viewer] = page
        return {
            post_id: self._compose(fragments[post_id], those, pages)
            for post_id, those in wanted.items()
            if post_id in fragments
        }

    def _compose(
        self, fragment: Fragment, viewers: Collection[int], pages: Mapping[int, Page]
    ) -> dict[int, bytes]:
        made: dict[int, bytes | None] = {}
        found = {}
        for viewer in viewers:
            page = pages[viewer]
            key = id(page)
            if key not in made:
                made[key] = self._entities.single.compose(page, fragment, 2)
            entity = made[key]
            if entity is not None:
                found[viewer] = entity
        return found

    async def _polls(
        self, tx: Transaction, fragments: Mapping[int, Fragment], viewers: Sequence[int]
    ) -> tuple[dict[int, bytes], dict[tuple[int, int], bytes]]:
        polls = [one for one, fragment in fragments.items() if fragment.is_poll]
        if not polls or self._rows.polls is None:
            return {}, {}
        return await self._rows.polls.entities_for_many(tx, polls, viewers)

    async def _facts(
        self, tx: Transaction, fragments: Mapping[int, Fragment], viewers: Sequence[int]
    ) -> dict[int, list[Fact]]:
        """What connects each viewer with the posts, in a fixed order."""
        ids = list(fragments)
        closed = [one for one in ids if not fragments[one].is_open]
        authors = list({fragment.account_id for fragment in fragments.values()})
        watching = set(viewers)
        quoted = quoted_in(fragments)
        marks = self._entities.marks_for_many(quotes=bool(quoted))
        about = {
            "ids": ids,
            "own": [one for one in ids if fragments[one].account_id in watching],
            "threads": [fragment.thread_id for fragment in fragments.values()],
            "authors": authors,
            "followed": authors if any(not fragments[one].is_plain for one in ids) else [],
            "closed": closed,
            "quoted": quoted,
        }
        made = [row[0] for row in await tx.all(marks.made, **about)]
        rows = await tx.all(marks.statement(made), viewers=viewers, **about) if made else []
        found: defaultdict[int, list[Fact]] = defaultdict(list)
        for kind, identifier, viewer in rows:
            found[viewer].append((kind, identifier))
        groups = [one for one in closed if fragments[one].audience is Audience.GROUP]
        if groups:
            for post_id, viewer in await tx.all(
                queries_marks.IN_GROUP_OF_MANY, ids=groups, viewers=viewers
            ):
                found[viewer].append((IN_GROUP, post_id))
        for facts in found.values():
            facts.sort()
        return found
