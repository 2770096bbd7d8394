"""What is known about the posts of one answer and the viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fedrse.features.posts.model_rules import Viewer
from fedrse.features.posts.service_assembly import Rendered
from fedrse.features.posts.service_render import Fragment


class Page:
    """Everything that is known about the posts of one answer."""

    __slots__ = (
        "accounts",
        "blocked_by",
        "filtered",
        "followed",
        "fragments",
        "groups",
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
        self.followed: set[int] = set()
        self.named: set[int] = set()
        self.groups: set[int] = set()
        self.polls: dict[int, bytes] = {}
        self.filtered: dict[int, bytes] = {}

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
