"""What the posts of one answer are for everybody, remembered while none of them changes.

The same posts are asked for again and again: by everybody who opens a thread or a profile, by apps
that look whether there is something new. What belongs to them for any viewer is found out once, as
long as their pieces and those of their authors are the very same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from time import monotonic_ns
from typing import Any

from msgspec import Raw

from fedrse.features.posts.model import Audience
from fedrse.features.posts.service_facts import Facts
from fedrse.features.posts.service_render import Fragment

Rendered = dict[int, tuple[dict[str, Any], Raw]]
"""Accounts by their id: the entity, and its JSON."""

Sought = tuple[dict[str, Any], list[int]]
"""What to look for marks on (``queries_marks.Lists`` with bounds), and the posts for groups."""

MOST = 256  # assemblies in each of two generations; their pieces are mostly remembered anyway
DEPTH = 2  # a post, what it shares or quotes, and what that quotes
LARGEST = 500  # posts of one of them
_BELIEVED = 5_000_000_000  # nanoseconds


class Assembly:
    """Posts with those that they share or quote, and their authors.

    ``ids`` are all that were asked for: what is missing may be there for a younger transaction.
    ``sought`` is what marks are looked for on, for a viewer who wrote none of these posts;
    ``of_author`` the same for the author who asked last. ``facts`` are the marks that were found.
    ``plain`` are the pieces of posts that nearly all viewers get alike; ``Entities`` fills it in.
    """

    __slots__ = (
        "accounts",
        "authors",
        "by_author",
        "facts",
        "fragments",
        "ids",
        "of_author",
        "plain",
        "polls",
        "seen",
        "seen_at",
        "sought",
    )

    def __init__(
        self, ids: Iterable[int], fragments: dict[int, Fragment], accounts: Rendered
    ) -> None:
        self.ids = _with_referred(ids, fragments)
        self.fragments = fragments
        self.accounts = accounts
        self.by_author: dict[int, list[int]] = {}
        for one, fragment in fragments.items():
            self.by_author.setdefault(fragment.account_id, []).append(one)
        self.authors = set(self.by_author)
        self.sought = sought_of(fragments, 0, self.authors)
        self.polls = [one for one, fragment in fragments.items() if fragment.is_poll]
        self.facts = Facts()
        self.of_author: tuple[int, Sought] | None = None
        self.plain: dict[int, tuple[bytes | Raw, ...]] | None = None
        self.seen: tuple[int, int] = (-1, -1)
        self.seen_at = 0

    def sought_by(self, viewer_id: int) -> Sought:
        """What marks of this viewer are looked for on, and the posts for groups."""
        if viewer_id not in self.authors:
            return self.sought
        known = self.of_author
        if known is None or known[0] != viewer_id:
            sought = sought_of(self.fragments, viewer_id, self.authors)
            self.of_author = known = viewer_id, sought
        return known[1]

    def is_as_seen(self, version: tuple[int, int]) -> bool:
        """Whether nothing at all has changed since the pieces were looked at, a moment ago.

        ``version`` is that of posts and accounts. Other processes may have said what changed
        without being heard, so that this is not believed for long.
        """
        return self.seen == version and monotonic_ns() - self.seen_at < _BELIEVED

    def see(self, version: tuple[int, int]) -> None:
        """The pieces were looked at after posts and accounts had this version."""
        if len(self.ids) == len(self.fragments):
            self.seen, self.seen_at = version, monotonic_ns()

    def is_made_of(self, fragments: dict[int, Fragment]) -> bool:
        """Whether these are still the pieces of the posts."""
        return _are_same(self.fragments, fragments)

    def is_by(self, accounts: Rendered) -> bool:
        """Whether these are still the pieces of the authors."""
        return _are_same(self.accounts, accounts)


def _are_same(known: Mapping[int, object], found: Mapping[int, object]) -> bool:
    """Whether these are the very same objects, in whatever order they were found."""
    return len(known) == len(found) and all(map(is_, known.values(), map(found.get, known)))


class Assemblies:
    """Remembers assemblies by the ids that were asked for; used from several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._young: dict[tuple[int, ...], Assembly] = {}
        self._old: dict[tuple[int, ...], Assembly] = {}

    def get(self, ids: tuple[int, ...]) -> Assembly | None:
        """What was put together last; it may be out of date."""
        found = self._young.get(ids)
        if found is None:
            found = self._old.get(ids)
            if found is not None:
                self.put(ids, found)
        return found

    def put(self, ids: tuple[int, ...], assembly: Assembly) -> None:
        """Remembers it instead of what was there, unless it is very large."""
        if len(ids) > LARGEST:
            return
        young = self._young
        young[ids] = assembly
        if len(young) >= self._most:
            self._young, self._old = {}, young


def _with_referred(ids: Iterable[int], fragments: Mapping[int, Fragment]) -> list[int]:
    """The ids of these posts, and of those that they share or quote, as far as is looked."""
    found = dict.fromkeys(ids)
    for _ in range(DEPTH):
        for one in list(found):
            if one in fragments:
                found |= dict.fromkeys(fragments[one].refers_to)
    return list(found)


def authors_of(fragments: dict[int, Fragment]) -> set[int]:
    """Who wrote these posts."""
    return {fragment.account_id for fragment in fragments.values()}


def sought_of(fragments: dict[int, Fragment], viewer_id: int, authors: set[int]) -> Sought:
    """What marks of this viewer are looked for on."""
    own: list[int] = []
    closed: list[int] = []
    groups: list[int] = []
    followed = set()
    for one, fragment in fragments.items():
        if fragment.account_id == viewer_id:
            own.append(one)
        elif not fragment.is_plain:
            followed.add(fragment.account_id)
            if not fragment.is_open:
                closed.append(one)
                if fragment.audience is Audience.GROUP:
                    groups.append(one)
    lists: dict[str, list[int]] = {
        "ids": list(fragments),
        "own": own,
        "threads": list({fragment.thread_id for fragment in fragments.values()}),
        "authors": list(authors),
        "followed": list(followed),
        "closed": closed,
    }
    sought = lists | bounds_of(lists)
    if quoted := quoted_in(fragments):
        sought["quoted"] = quoted
    return sought, groups


def quoted_in(fragments: Mapping[int, Fragment]) -> list[int]:
    """Authors of the posts that others of these quote."""
    named = {one.quote_of_id for one in fragments.values() if one.quote_of_id is not None}
    return list({fragments[one].account_id for one in named if one in fragments})


def bounds_of(lists: dict[str, list[int]]) -> dict[str, Any]:
    """The smallest and the largest id of each list, by the names of ``queries_marks``."""
    found: dict[str, int] = {}
    for name, ids in lists.items():
        first, last = _ends(ids)
        found[f"{name}_from"], found[f"{name}_to"] = first, last
    return found


def _ends(ids: Sequence[int]) -> tuple[int, int]:
    return (min(ids), max(ids)) if ids else (1, 0)
