"""The form in which posts are written, as a value: what was typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.clock import SECOND
from fedrse.core.errors import Invalid
from fedrse.core.markdown import MARKDOWN, PLAIN
from fedrse.features.posts.model import Audience, Draft, Edit, Post, QuotePolicy, Visibility

FEWEST_OPTIONS = 4
MOST_OPTIONS = 10
DAYS = 86_400  # seconds
BLANK_OPTIONS = ("",) * FEWEST_OPTIONS


class ComposeForm(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was typed. ``key`` makes sure that a form that is sent twice makes one post.

    ``descriptions`` and ``focus`` ("x,y" in -1..1) are those of files by their id. ``when`` is the
    day and time to publish at, as ``datetime-local`` fields write it; ``scheduled`` the id of the
    waiting post that this one replaces. ``confirmed``: the warning about people who will not be
    able to read the post was seen. ``undoable``: the person can still take it back for a moment.
    """

    text: str = ""
    markdown: bool = False
    audience: str = ""
    warning: str = ""
    language: str = ""
    reply_to: int | None = None
    quote: int | None = None
    media: tuple[int, ...] = ()
    descriptions: dict[int, str] = {}
    focus: dict[int, str] = {}
    options: tuple[str, ...] = BLANK_OPTIONS
    poll_seconds: int = DAYS
    poll_multiple: bool = False
    poll_secret: bool = False
    when: str = ""
    scheduled: int | None = None
    key: str = ""
    confirmed: bool = False
    undoable: bool = False

    @property
    def has_poll(self) -> bool:
        return any(self.options)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written yet; the names that begin an answer do not count."""
        written = any(not word.startswith("@") for word in self.text.split())
        return not (written or self.warning.strip() or self.media or self.has_poll)

    @property
    def context(self) -> str:
        """What it is about: the same for all forms that answer or quote the same post."""
        return f"{self.reply_to or ''}/{self.quote or ''}"

    def with_another_option(self) -> ComposeForm:
        """The same with room for one more answer of the poll."""
        return replace(self, options=(*self.options, "")[:MOST_OPTIONS])

    def draft(self, wish: Visibility | None) -> Draft:
        """What is to be published; ``wish`` unlisted is kept, the audience is that of the form."""
        return Draft(
            text=self.text,
            content_type=MARKDOWN if self.markdown else PLAIN,
            summary=self.warning,
            language=self.language or None,
            audience=Audience(self.audience) if self.audience in set(Audience) else None,
            visibility=Visibility.UNLISTED if wish is Visibility.UNLISTED else None,
            reply_to_id=self.reply_to,
            quote_of_id=self.quote,
            quote_policy=QuotePolicy.PUBLIC,
            media_ids=self.media,
            poll=self._poll(),
            idempotency_key=self.key or None,
        )

    def edit(self, post: Post, poll: Mapping[str, Any] | None) -> Edit:
        """The new version of a post; its poll stays what it is."""
        attributes = [
            {"id": str(key)}
            | ({"description": self.descriptions[key]} if key in self.descriptions else {})
            | ({"focus": self.focus[key]} if read_focus(self.focus.get(key)) else {})
            for key in self.media
        ]
        return Edit(
            text=self.text,
            content_type=post.source_type,
            summary=self.warning,
            sensitive=bool(self.warning.strip()),
            language=self.language or None,
            media_ids=self.media,
            media_attributes=tuple(one for one in attributes if len(one) > 1),
            poll=poll,
        )

    def _poll(self) -> dict[str, Any] | None:
        if not self.has_poll:
            return None
        return {
            "options": [one for one in self.options if one.strip()],
            "expires_in": self.poll_seconds,
            "multiple": self.poll_multiple,
            "hide_totals": self.poll_secret,
        }


def form_of(draft: Draft, key: str) -> ComposeForm:
    """The form in which a draft that waits can be changed."""
    poll: Mapping[str, Any] = draft.poll or {}
    options = tuple(str(one) for one in poll.get("options", ()))
    return ComposeForm(
        text=draft.text,
        markdown=draft.content_type == MARKDOWN,
        audience="" if draft.audience is None else draft.audience.value,
        warning=draft.summary,
        language=draft.language or "",
        reply_to=draft.reply_to_id,
        quote=draft.quote_of_id,
        media=draft.media_ids,
        options=options + BLANK_OPTIONS[len(options) :],
        poll_seconds=int(poll.get("expires_in") or DAYS),
        poll_multiple=bool(poll.get("multiple")),
        poll_secret=bool(poll.get("hide_totals")),
        key=key,
    )


def read_focus(text: str | None) -> tuple[float, float] | None:
    """``"-0.5,0.2"`` as numbers; None for anything else."""
    try:
        x, y = (float(part) for part in (text or "").split(","))
    except ValueError:
        return None
    return (x, y) if -1 <= x <= 1 and -1 <= y <= 1 else None


def moment_of(when: str, zone: tzinfo) -> int:
    """Milliseconds of a ``datetime-local`` value in somebody's zone. Raises Invalid."""
    try:
        local = datetime.fromisoformat(when).replace(tzinfo=zone)
        return int(local.timestamp()) * SECOND
    except (ValueError, OverflowError, OSError):
        raise Invalid("when_invalid", "Validation failed: the time is invalid") from None


def local_of(milliseconds: int, zone: tzinfo) -> str:
    """The value of a ``datetime-local`` field."""
    return datetime.fromtimestamp(milliseconds // SECOND, zone).strftime("%Y-%m-%dT%H:%M")
