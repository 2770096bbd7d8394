"""What clients send: parameters of the statuses API as structs, and what they mean."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.ids import parse_id
from fedrse.core.language import normalise_language
from fedrse.core.markdown import PLAIN
from fedrse.features.posts.model import Audience, Draft, Edit, QuotePolicy, Visibility
from fedrse.http.request import Request

MOST_IDS = 40  # of statuses?id[]
E = TypeVar("E", bound=StrEnum)


class PollParameters(Struct):
    """``poll[...]``; times in seconds."""

    options: list[str] = []
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class StatusParameters(Struct):
    """``POST /api/v1/statuses``; ``audience``, ``local_only`` and ``content_type`` are ours."""

    status: str = ""
    media_ids: list[str] = []
    poll: PollParameters | None = None
    in_reply_to_id: str | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: str | None = None
    language: str | None = None
    quoted_status_id: str | None = None
    quote_approval_policy: str | None = None
    audience: str | None = None
    local_only: bool = False
    content_type: str | None = None


class EditParameters(Struct):
    """``PUT /api/v1/statuses/:id``."""

    status: str | None = None
    media_ids: list[str] = []
    media_attributes: list[dict[str, Any]] = []
    poll: PollParameters | None = None
    sensitive: bool | None = None
    spoiler_text: str | None = None
    language: str | None = None
    quote_approval_policy: str | None = None
    content_type: str | None = None


class DeleteParameters(Struct):
    """``DELETE /api/v1/statuses/:id``; otherwise its files can be used again for a day."""

    delete_media: bool = False


class ListParameters(Struct):
    """``GET /api/v1/accounts/:id/statuses``."""

    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str | None = None


def draft_of(request: Request, application_id: int | None) -> Draft:
    """What somebody wants to publish. Raises Invalid."""
    given = request.bind(StatusParameters)
    text, warning = given.status, given.spoiler_text
    if not text.strip() and warning.strip():
        text, warning = warning, ""  # as Mastodon does
    return Draft(
        text=text,
        content_type=given.content_type or PLAIN,
        summary=warning,
        sensitive=given.sensitive,
        language=normalise_language(given.language),
        visibility=_one_of(Visibility, given.visibility, "Visibility"),
        audience=_one_of(Audience, given.audience, "Audience"),
        local_only=given.local_only,
        reply_to_id=_reference(given.in_reply_to_id),
        quote_of_id=_reference(given.quoted_status_id),
        quote_policy=quote_policy_of(given.quote_approval_policy),
        media_ids=_media_ids(given.media_ids),
        poll=_poll(given.poll),
        application_id=application_id,
        idempotency_key=request.headers.get("Idempotency-Key") or None,
    )


def edit_of(request: Request) -> Edit:
    """The new version of a post. Raises Invalid.

    What apps leave out is removed, as Mastodon does: the warning (some apps do not send an empty
    one), attachments, the poll; only the text and the language stay.
    """
    given = request.bind(EditParameters)
    text, warning = given.status, given.spoiler_text or ""
    if text is not None and not text.strip() and warning.strip():
        text, warning = warning, ""
    return Edit(
        text=text,
        content_type=given.content_type,
        summary=warning,
        sensitive=bool(given.sensitive),
        language=normalise_language(given.language),
        media_ids=_media_ids(given.media_ids),
        media_attributes=tuple(given.media_attributes),
        poll=_poll(given.poll),
        quote_policy=quote_policy_of(given.quote_approval_policy),
    )


def quote_policy_of(value: str | None) -> QuotePolicy | None:
    """``quote_approval_policy``. Raises Invalid."""
    return _one_of(QuotePolicy, value, "Quote approval policy")


def status_ids(request: Request) -> list[int]:
    """``id[]``, those that are ids, not too many."""
    given = request.params.get("id")
    values = given if isinstance(given, list) else [] if given is None else [given]
    found = (parse_id(str(value)) for value in values[:MOST_IDS])
    return list(dict.fromkeys(one for one in found if one is not None))


def _poll(given: PollParameters | None) -> dict[str, Any] | None:
    if given is None or not given.options:
        return None
    return {
        "options": given.options,
        "expires_in": given.expires_in,
        "multiple": given.multiple,
        "hide_totals": given.hide_totals,
    }


def _reference(value: str | None) -> int | None:
    """An id that may be empty; what is no id refers to a post that does not exist."""
    return (parse_id(value) or 0) if value else None


def _media_ids(values: list[str]) -> tuple[int, ...]:
    return tuple(parse_id(value) or 0 for value in values if value)


def _one_of(kind: type[E], value: str | None, name: str) -> E | None:
    if not value:
        return None
    try:
        return kind(value)
    except ValueError:
        raise Invalid(
            "not_included", f"Validation failed: {name} is not included in the list"
        ) from None
