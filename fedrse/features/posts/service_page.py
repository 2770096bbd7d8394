"""What is known about the posts of one answer and the viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fedrse.features.posts import queries_marks
from fedrse.features.posts.model import QuoteState
from fedrse.features.posts.model_rules import Viewer
from fedrse.features.posts.service_assembly import Rendered
from fedrse.features.posts.service_facts import Known
from fedrse.features.posts.service_render import Fragment

IN_GROUP = -5
"""Kind of a row that says that the viewer is a member of the group of a post."""


class Page:
    """Everything that is known about the posts of one answer.

    ``known`` is what may be remembered of it, if all but ``filtered`` and ``polls`` may.
    """

    __slots__ = (
        "accounts",
        "against",
        "blocked_by",
        "filtered",
        "followed",
        "fragments",
        "groups",
        "known",
        "marks",
        "muted_threads",
        "named",
        "polls",
        "unwanted",
        "viewer",
    )

    def __init__(self, viewer: Viewer, fragments: dict[int, Fragment], accounts: Rendered) -> None:
        self.viewer = viewer
        self.fragments = fragments
        self.accounts = accounts
        self.marks: dict[int, int] = {}
        self.muted_threads: set[int] = set()
        self.unwanted: set[int] = set()
        self.blocked_by: set[int] = set()
        self.against: dict[int, set[int]] = {}
        self.followed: set[int] = set()
        self.named: set[int] = set()
        self.groups: set[int] = set()
        self.polls: dict[int, bytes] = {}
        self.filtered: dict[int, bytes] = {}
        self.known: Known | None = None

    def take_facts(self, rows: Iterable[tuple[int, int]]) -> None:
        """Puts rows of ``queries_marks`` where they are looked for: kind and id."""
        marks = self.marks
        facts = {
            queries_marks.MUTED_THREAD: self.muted_threads,
            queries_marks.BLOCKED_BY: self.blocked_by,
            queries_marks.FOLLOWED: self.followed,
            queries_marks.NAMED: self.named,
            queries_marks.UNWANTED: self.unwanted,
            IN_GROUP: self.groups,
        }
        for kind, identifier in rows:
            if kind > 0:
                marks[identifier] = marks.get(identifier, 0) | kind
            elif kind in facts:
                facts[kind].add(identifier)
            else:
                self.against.setdefault(kind, set()).add(identifier)

    def state_of_quote(self, author: int | None) -> str:
        """``Quote.state`` of an accepted quote of somebody."""
        for kind, state in queries_marks.QUOTE_STATES.items():
            if author in self.against.get(kind, ()):
                return state
        return QuoteState.ACCEPTED.value

    def concerned(self, by_author: Mapping[int, Sequence[int]]) -> set[int]:
        """Ids of all posts that a viewer of this site gets otherwise than nearly everybody.

        ``by_author``: posts of the page by who wrote them. There may be others among the ids.
        """
        found = {*self.marks, *self.filtered}
        for author in (*self.blocked_by, *self.unwanted, self.viewer.account_id):
            found.update(by_author.get(author or 0, ()))
        if self.muted_threads:
            found.update(
                one.id for one in self.fragments.values() if one.thread_id in self.muted_threads
            )
        return found

    def concerns_any(self, authors: set[int]) -> bool:
        """Whether there may be such a post at all among those of these authors."""
        return bool(
            self.marks
            or self.filtered
            or self.muted_threads
            or self.blocked_by
            or self.unwanted
            or self.viewer.account_id in authors
        )
