"""What is known about the posts of one answer, and what is looked for about them."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from fedrse.features.posts import queries_marks
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_rules import Viewer
from fedrse.features.posts.service_render import Fragment

Rendered = dict[int, tuple[dict[str, Any], Raw]]
"""Accounts by their id: the entity, and its JSON."""


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

    def concerns(self, fragment: Fragment) -> bool:
        """Whether the viewer did something with a post, or with the talk around it."""
        return (
            fragment.id in self.marks
            or fragment.id in self.filtered
            or fragment.thread_id in self.muted_threads
        )


def lists_of(
    page: Page, viewer_id: int, authors: set[int]
) -> tuple[queries_marks.Lists, list[int]]:
    """What to look for marks on, and the posts for groups."""
    own: list[int] = []
    closed: list[int] = []
    groups: list[int] = []
    followed = set()
    for one, fragment in page.fragments.items():
        if fragment.account_id == viewer_id:
            own.append(one)
        elif not fragment.is_plain:
            followed.add(fragment.account_id)
            if not fragment.is_open:
                closed.append(one)
                if fragment.audience is Audience.GROUP:
                    groups.append(one)
    lists = {
        "ids": list(page.fragments),
        "own": own,
        "threads": list({fragment.thread_id for fragment in page.fragments.values()}),
        "authors": list(authors),
        "followed": list(followed),
        "closed": closed,
    }
    return lists, groups
