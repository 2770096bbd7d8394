"""Decisions about people and their posts, and appeals against them, as values. Pure."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import DAY, to_iso
from fedrse.core.errors import Invalid
from fedrse.core.text import clean_text
from fedrse.features.audit.model_acts import Act
from fedrse.web.languages import translatable

LONGEST_TEXT: Final = 2000
APPEAL_TIME: Final = 20 * DAY
MOST_POSTS: Final = 50
LONGEST_LIFE: Final = 366 * DAY


class Action(StrEnum):
    """What was decided; the names are those of a Mastodon ``AccountWarning``."""

    WARN = "none"
    FREEZE = "disable"
    MARK_POSTS = "mark_statuses_as_sensitive"
    DELETE_POSTS = "delete_statuses"
    SENSITIVE = "sensitive"
    LIMIT = "silence"
    SUSPEND = "suspend"

    @property
    def is_lasting(self) -> bool:
        """Whether it holds until somebody or its time ends it."""
        return self in LASTING

    @property
    def is_about_posts(self) -> bool:
        """Whether it is about posts that have to be named."""
        return self in {Action.MARK_POSTS, Action.DELETE_POSTS}


LASTING: Final = frozenset({Action.FREEZE, Action.SENSITIVE, Action.LIMIT, Action.SUSPEND})
ONLY_HERE: Final = frozenset({Action.WARN, Action.FREEZE})
"""What can be decided only about people of this site."""

ACTS: Final = {
    Action.WARN: Act.ACCOUNT_WARNED,
    Action.FREEZE: Act.ACCOUNT_FROZEN,
    Action.MARK_POSTS: Act.POST_SENSITIVE,
    Action.DELETE_POSTS: Act.POST_DELETED,
    Action.SENSITIVE: Act.ACCOUNT_SENSITIVE,
    Action.LIMIT: Act.ACCOUNT_LIMITED,
    Action.SUSPEND: Act.ACCOUNT_SUSPENDED,
}
UNDOING: Final = {
    Action.FREEZE: Act.ACCOUNT_UNFROZEN,
    Action.SENSITIVE: Act.ACCOUNT_UNSENSITIVE,
    Action.LIMIT: Act.ACCOUNT_UNLIMITED,
    Action.SUSPEND: Act.ACCOUNT_UNSUSPENDED,
}

NAMES: Final = {
    Action.WARN: translatable("Warn"),
    Action.FREEZE: translatable("Freeze"),
    Action.MARK_POSTS: translatable("Mark posts as sensitive"),
    Action.DELETE_POSTS: translatable("Delete posts"),
    Action.SENSITIVE: translatable("Mark all pictures as sensitive"),
    Action.LIMIT: translatable("Limit"),
    Action.SUSPEND: translatable("Suspend"),
}
"""What those in charge choose from."""

MEANINGS: Final = {
    Action.WARN: translatable("The person is told, nothing else happens."),
    Action.FREEZE: translatable("The person can sign in and read, and neither write nor react."),
    Action.MARK_POSTS: translatable("Pictures of these posts are covered until somebody clicks."),
    Action.DELETE_POSTS: translatable("These posts go for good, at other sites, too."),
    Action.SENSITIVE: translatable("Pictures of all posts are covered until somebody clicks."),
    Action.LIMIT: translatable("Followers see the posts; nobody else is shown them unasked."),
    Action.SUSPEND: translatable("Nobody sees profile and posts any more; all can be restored."),
}
"""What a choice does."""

EXPLAINED: Final = {
    Action.WARN: translatable("You were warned."),
    Action.FREEZE: translatable(
        "Your account is frozen: you can read, and neither write nor react."
    ),
    Action.MARK_POSTS: translatable("Pictures of some of your posts are covered now."),
    Action.DELETE_POSTS: translatable("Some of your posts were deleted."),
    Action.SENSITIVE: translatable("Pictures of all your posts are covered now."),
    Action.LIMIT: translatable(
        "Your account is limited: only your followers are shown your posts."
    ),
    Action.SUSPEND: translatable(
        "Your account is suspended: nobody sees your profile or your posts."
    ),
}
"""What the person concerned reads."""

PROPOSED: Final = {
    Action.WARN: translatable(
        "What you wrote is not how we treat each other here. Please read the rules of this site"
        " once more; if it happens again, your account may be limited."
    ),
    Action.FREEZE: translatable(
        "We ask you for a pause, so that what happened can be talked over. Come and see us."
    ),
    Action.MARK_POSTS: translatable(
        "Not everybody wants to see these pictures unprepared, so we covered them. Please mark such"
        " posts as sensitive yourself."
    ),
    Action.DELETE_POSTS: translatable("These posts break the rules of this site."),
    Action.SENSITIVE: translatable(
        "Again and again your pictures were not for everybody's eyes, so all of them are covered"
        " now."
    ),
    Action.LIMIT: translatable(
        "Your posts disturbed others more than once. Those who follow you still read them."
    ),
    Action.SUSPEND: translatable("Your account broke the rules of this site gravely."),
}
"""A text to begin with, in the language of the person concerned."""


class AppealState(StrEnum):
    """How far an appeal is (Mastodon ``Appeal.state``)."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Ending(StrEnum):
    """Why a decision holds no longer."""

    EXPIRED = "expired"
    UNDONE = "undone"
    APPEALED = "appealed"


ENDINGS: Final = {
    Ending.EXPIRED: translatable("its time is over"),
    Ending.UNDONE: translatable("taken back by those in charge"),
    Ending.APPEALED: translatable("taken back after the appeal"),
}
"""Why a decision holds no longer, in words; by the value, too."""


class Decision(Struct, frozen=True):
    """A row of ``decision``: times in milliseconds, ``posts`` a JSON list of ids (as text).

    ``author_id`` is None for a command of an operator. Appeals stand in the same row, since there
    is one at the most.
    """

    id: int
    account_id: int
    author_id: int | None
    report_id: int | None
    action: str
    text: str
    posts: str
    created_at: int
    expires_at: int | None
    ended_at: int | None
    ending: str | None
    appeal_text: str | None
    appealed_at: int | None
    appeal_state: str | None
    appeal_answer: str
    appeal_author_id: int | None
    appeal_decided_at: int | None

    @property
    def post_ids(self) -> list[int]:
        return [int(one) for one in json.loads(self.posts)]

    @property
    def holds(self) -> bool:
        """A lasting one that nobody and no time has ended."""
        return Action(self.action).is_lasting and self.ended_at is None

    def may_be_appealed(self, now: int) -> bool:
        """Once, and in time; not what has ended anyway."""
        ended = self.ended_at is not None
        return self.appealed_at is None and not ended and now < self.created_at + APPEAL_TIME


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody decides. ``life`` in milliseconds, None: until it is undone.

    ``post_ids`` are those that it is about. ``whole``: reports about the account that are open are
    closed, not only ``report_id``.
    """

    account_id: int
    action: Action
    text: str = ""
    report_id: int | None = None
    post_ids: tuple[int, ...] = ()
    life: int | None = None
    sends_mail: bool = True
    whole: bool = False


def checked_text(text: str, *, code: str) -> str:
    """A text that somebody typed. Raises Invalid."""
    text = clean_text(text).strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid(
            code, f"Validation failed: Text is too long (maximum is {LONGEST_TEXT} characters)"
        )
    return text


def warning_entity(decision: Decision) -> dict[str, Any]:
    """The Mastodon ``AccountWarning`` without its account."""
    appeal = None
    if decision.appeal_state is not None:
        appeal = {"text": decision.appeal_text or "", "state": decision.appeal_state}
    ids = [str(one) for one in decision.post_ids]
    return {
        "id": str(decision.id),
        "action": decision.action,
        "text": decision.text,
        "status_ids": ids or None,
        "target_account": None,
        "appeal": appeal,
        "created_at": to_iso(decision.created_at),
    }
