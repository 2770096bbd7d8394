"""A post that waits for its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, json

from fedrse.core.clock import MINUTE, SECOND, to_iso
from fedrse.features.posts.model import Draft, QuotePolicy

MOST_WAITING = 300
MOST_PER_DAY = 25
# Five minutes as the documentation says, less what a request may take.
SOONEST = 5 * MINUTE - 15 * SECOND


class Content(Struct, frozen=True):
    """What was written, with the author's preferences of that time, and the visibility."""

    draft: Draft
    visibility: str


class Scheduled(Struct, frozen=True, gc=False):
    """A row of ``scheduled_post``: same names, same order. Times in milliseconds.

    ``failure`` says why it could not be published; it waits to be changed or removed. ``undo``: it
    waits only for a moment, in which its author can take it back.
    """

    id: int
    account_id: int
    scheduled_at: int
    draft: str
    request_key: str | None
    failure: str | None
    created_at: int
    undo: bool = False

    @property
    def content(self) -> Content:
        return json.decode(self.draft, type=Content)


def entity(scheduled: Scheduled, media: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """Mastodon ``ScheduledStatus``; ``media`` are the rendered uploads of the author by id."""
    content = scheduled.content
    draft = content.draft
    return {
        "id": str(scheduled.id),
        "scheduled_at": to_iso(scheduled.scheduled_at),
        "params": {
            "text": draft.text,
            "poll": None if draft.poll is None else dict(draft.poll),
            "media_ids": [str(one) for one in draft.media_ids] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.summary,  # never null: Tusky, which sends "", expects a text
            "visibility": content.visibility,
            "in_reply_to_id": draft.reply_to_id,
            "quoted_status_id": None if draft.quote_of_id is None else str(draft.quote_of_id),
            "quote_approval_policy": (draft.quote_policy or QuotePolicy.PUBLIC).value,
            "language": draft.language,
            "application_id": draft.application_id,
            "scheduled_at": None,
            "idempotency": scheduled.request_key,
            "with_rate_limit": False,
        },
        "media_attachments": [media[one] for one in draft.media_ids if one in media],
    }
