"""Posts as values: who they are for, what a client asks to publish, a row of the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from fedrse.core.markdown import MARKDOWN, PLAIN

CONTENT_TYPES = frozenset({PLAIN, MARKDOWN})
TOMBSTONE_LIFE_DAYS = 90
MARKER_LIFE_DAYS = 7  # a Delete that came before its Create

MOST_MENTIONS = 50  # kept of one remote post
MOST_TAGS = 30
MOST_EMOJIS = 100
LONGEST_CONTENT = 100_000  # characters of HTML kept of one remote post
LONGEST_SUMMARY = 1000
LONGEST_TITLE = 500


class Audience(StrEnum):
    """Who a post is for. The rules are in ``model_rules``, the wire forms in ``model_wire``."""

    PUBLIC = "public"
    NETWORK = "network"
    SITE = "site"
    GROUP = "group"
    FOLLOWERS = "followers"
    DIRECT = "direct"


OPEN = frozenset({Audience.PUBLIC, Audience.NETWORK, Audience.SITE})
"""Audiences that include everybody who has an account here."""


class Visibility(StrEnum):
    """What Mastodon apps know instead of an audience."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    DIRECT = "direct"


class QuotePolicy(StrEnum):
    """Who may quote a post without being asked (Mastodon ``quote_approval_policy``)."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


class QuoteState(StrEnum):
    """How far the author of the quoted post agrees (Mastodon ``Quote.state``)."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"
    DELETED = "deleted"
    UNAUTHORIZED = "unauthorized"


ADDRESSED = "addressed"
"""In ``Post.extra``: ids of people of other sites for whom a remote post for few is, too."""

REPLY_POLICY = "reply_policy"
"""In ``Post.extra`` of a remote post: who may answer it, as published (``canReply``)."""

REPLY_WAITS = "reply_waits"
"""In ``Post.extra`` of a local answer: the answered author has to agree before it is sent."""

APPROVED_BY = "approved_by"
"""In ``Post.extra`` of a local answer: the address of the answered author's agreement."""

IMPORTED = "imported_from"
"""In ``Post.extra`` of a local post: the host from which its author brought it in."""

BOOST = "boost"
NOTE = "note"
QUESTION = "question"


class Draft(Struct, frozen=True, kw_only=True):
    """What somebody wants to publish.

    ``poll`` is handed to the feature that owns polls as it came. ``language`` is a BCP 47 tag.
    Where ``visibility``, ``sensitive``, ``language`` or ``quote_policy`` are missing the author's
    preferences hold.
    """

    text: str = ""
    content_type: str = PLAIN
    summary: str = ""
    sensitive: bool | None = None
    language: str | None = None
    visibility: Visibility | None = None
    audience: Audience | None = None
    local_only: bool = False
    reply_to_id: int | None = None
    quote_of_id: int | None = None
    quote_policy: QuotePolicy | None = None
    media_ids: tuple[int, ...] = ()
    poll: Mapping[str, Any] | None = None
    application_id: int | None = None
    idempotency_key: str | None = None


class Edit(Struct, frozen=True, kw_only=True):
    """The new version of a post; None keeps what is there, but it removes a ``poll``."""

    text: str | None = None
    content_type: str | None = None
    summary: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    media_ids: tuple[int, ...] | None = None
    media_attributes: tuple[Mapping[str, Any], ...] = ()
    poll: Mapping[str, Any] | None = None
    quote_policy: QuotePolicy | None = None


class Post(Struct, frozen=True):
    """A row of ``post``, in the order of its columns (a test compares them)."""

    id: int
    uri: str
    url: str | None
    account_id: int
    local: bool
    kind: str
    audience: str
    listed: bool
    title: str
    content: str
    source: str
    source_type: str
    summary: str
    sensitive: bool
    language: str | None
    emojis: str
    created_at: int
    received_at: int
    edited_at: int | None
    reply_to_id: int | None
    reply_to_account_id: int | None
    reply_to_uri: str | None
    thread_id: int
    conversation: str | None
    boost_of_id: int | None
    quote_of_id: int | None
    quote_of_uri: str | None
    quote_state: str | None
    quote_authorization: str | None
    quote_policy: str
    application_id: int | None
    replies_count: int = 0
    boosts_count: int = 0
    likes_count: int = 0
    quotes_count: int = 0
    origin_replies: int | None = None
    origin_boosts: int | None = None
    origin_likes: int | None = None
    origin_counted_at: int | None = None
    extra: str = "{}"

    # What people are shown: for a remote post the total its author's site told, without those of
    # this site that it had counted, plus all of this site.

    @property
    def replies_total(self) -> int:
        return self.replies_count + (self.origin_replies or 0)

    @property
    def boosts_total(self) -> int:
        return self.boosts_count + (self.origin_boosts or 0)

    @property
    def likes_total(self) -> int:
        return self.likes_count + (self.origin_likes or 0)


class MentionedPerson(Struct, frozen=True):
    """Somebody a post names or is addressed to.

    ``silent``: addressed, not named in the text. ``reached`` is False for people outside of the
    audience: they get nothing and see nothing.
    """

    account_id: int
    uri: str
    url: str | None
    username: str
    domain: str
    local: bool
    host: str
    kind: str
    silent: bool
    reached: bool


class Hashtag(Struct, frozen=True):
    """A tag of a post: ``name`` is case-folded, ``display`` as first written."""

    name: str
    display: str


def visibility_of(audience: str, *, listed: bool) -> Visibility:
    """What a Mastodon app shows for an audience."""
    if audience in (Audience.PUBLIC, Audience.NETWORK):
        return Visibility.PUBLIC if listed else Visibility.UNLISTED
    return Visibility.DIRECT if audience == Audience.DIRECT else Visibility.PRIVATE


def imported_from(extra: str) -> str:
    """The host from which its author brought a post in, by its ``extra``; "" for nearly all."""
    return str(json.loads(extra).get(IMPORTED, "")) if IMPORTED in extra else ""


def tag_address(origin: str, name: str) -> str:
    """The page of a tag, by its case-folded name."""
    return f"{origin}/tags/{quote(name)}"


def links_out(content: str) -> bool:
    """Whether HTML of a post may link to more than people and tags; cheap, so it may be wrong."""
    anchors = content.count("<a ")
    if not anchors:
        return False
    return anchors > content.count('class="u-url mention') + content.count('class="mention')
