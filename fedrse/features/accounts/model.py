"""What an account is: somebody or something, here or on another site, with an ActivityPub actor."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from fedrse.features.accounts.model_approval import Approval, read_approval

GROUP = "Group"
BOTS = frozenset({"Service", "Application"})
INSTANCE = "Application"


class Field(Struct, frozen=True, gc=False):
    """A line of the table on a profile.

    ``value`` is clean HTML, ``source`` what a person of this site wrote; ``verified_at`` in
    milliseconds.
    """

    name: str
    value: str
    source: str = ""
    verified_at: int | None = None


class Account(Struct, frozen=True, gc=False):
    """A row of ``account``: same names, same order. Times in milliseconds.

    Columns with JSON are read by the properties ``fields``, ``emojis``, ``also_known_as`` and
    ``attribution_domains``.
    """

    id: int
    uri: str
    local: bool
    host: str
    username: str
    username_key: str
    domain: str
    search_key: str
    kind: str
    display_name: str
    note: str
    note_source: str
    fields_json: str
    emojis_json: str
    url: str | None
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers_uri: str | None
    following_uri: str | None
    featured_uri: str | None
    collections_uri: str | None
    feature_policy: str | None
    members_uri: str | None
    avatar: str | None
    avatar_description: str
    header: str | None
    header_description: str
    locked: bool
    discoverable: bool
    public_profile: bool
    indexable: bool
    by_mail: bool
    memorial: bool
    hide_collections: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    attribution_domains_json: str
    also_known_as_json: str
    moved_to: str | None
    moved_at: int | None
    created_at: int
    updated_at: int
    fetched_at: int
    suspended_at: int | None
    deleted_at: int | None
    suspended_here: bool
    limited_at: int | None
    sensitized_at: int | None
    frozen_at: int | None
    badge: str
    followers_count: int
    following_count: int
    local_followers_count: int
    statuses_count: int
    last_status_at: int | None

    @property
    def handle(self) -> str:
        """``amina@corp.example``, for people of this site too."""
        return f"{self.username}@{self.domain}"

    @property
    def acct(self) -> str:
        """As apps show it: without the domain for people of this site."""
        return self.username if self.local else self.handle

    @property
    def is_gone(self) -> bool:
        """Suspended or deleted: nothing of it is shown and nothing new comes from it."""
        return self.suspended_at is not None or self.deleted_at is not None

    @property
    def is_held(self) -> bool:
        """Whether it does nothing new: gone, or frozen by those in charge of this site."""
        return self.is_gone or self.frozen_at is not None

    @property
    def is_mailed(self) -> bool:
        """Whether somebody without an account can have the public posts sent by mail."""
        return self.local and self.public_profile and self.by_mail and not self.is_gone

    @property
    def feature_approval(self) -> Approval:
        """Who may put this account into a collection (FEP-7aa9)."""
        return read_approval(self.feature_policy)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(**item) for item in json.loads(self.fields_json))

    @property
    def emojis(self) -> list[dict[str, Any]]:
        """The custom emoji in name, note and fields, as apps get them."""
        return list(json.loads(self.emojis_json))

    @property
    def also_known_as(self) -> tuple[str, ...]:
        """URIs of other accounts of the same person: a claim until those say the same."""
        return tuple(json.loads(self.also_known_as_json))

    @property
    def attribution_domains(self) -> tuple[str, ...]:
        """Web sites whose articles may name this person as their author."""
        return tuple(json.loads(self.attribution_domains_json))


class ActorKey(Struct, frozen=True, gc=False):
    """A row of ``actor_key``: ``public`` is PEM (RSA) or multibase (Ed25519), ``private`` sealed.

    Times in milliseconds.
    """

    id: str
    account_id: int
    algorithm: str
    public: str
    private: bytes | None
    created_at: int
    fetched_at: int
    retired_at: int | None
