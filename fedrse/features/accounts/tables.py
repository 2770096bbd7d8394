"""Accounts (actors of this and other sites) and their keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)

from fedrse.store.schema import metadata, partial_index

account = Table(
    "account",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),  # ActivityPub id
    Column("local", Boolean, nullable=False),
    Column("host", Text, nullable=False),  # host[:port] of the id; our own for local accounts
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False),  # case-folded, for look-ups
    Column("domain", Text, nullable=False),  # domain of the handle
    Column("search_key", Text, nullable=False, server_default=""),  # names, folded, for search
    Column("kind", Text, nullable=False),  # Person, Service, Application, Group, Organization
    Column("display_name", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),  # HTML, sanitised
    Column("note_source", Text, nullable=False, server_default=""),  # local: as written
    Column("fields", Text, nullable=False, server_default="[]"),  # JSON [{name, value, verified}]
    Column("emojis", Text, nullable=False, server_default="[]"),  # JSON, as rendered to clients
    Column("url", Text),  # HTML page
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text),
    Column("outbox", Text),
    Column("followers_uri", Text),
    Column("following_uri", Text),
    Column("featured_uri", Text),
    Column("collections_uri", Text),  # collections of people (FEP-7aa9)
    Column("feature_policy", Text),  # who may put it into one: accounts.model_approval
    Column("members_uri", Text),  # instance actors: collection of the network's members
    Column("avatar", Text),  # local: blob key; remote: URL
    Column("avatar_description", Text, nullable=False, server_default=""),
    Column("header", Text),
    Column("header_description", Text, nullable=False, server_default=""),
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    Column("discoverable", Boolean, nullable=False, server_default=text("false")),
    Column("public_profile", Boolean, nullable=False, server_default=text("false")),
    Column("indexable", Boolean, nullable=False, server_default=text("false")),
    Column("by_mail", Boolean, nullable=False, server_default=text("false")),  # local: agreed
    Column("memorial", Boolean, nullable=False, server_default=text("false")),
    Column("hide_collections", Boolean, nullable=False, server_default=text("false")),
    Column("show_media", Boolean, nullable=False, server_default=text("true")),
    Column("show_media_replies", Boolean, nullable=False, server_default=text("true")),
    Column("show_featured", Boolean, nullable=False, server_default=text("true")),
    Column("attribution_domains", Text, nullable=False, server_default="[]"),  # JSON list
    Column("also_known_as", Text, nullable=False, server_default="[]"),  # JSON list of URIs
    Column("moved_to", Text),  # URI
    Column("moved_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger, nullable=False, server_default="0"),
    Column("suspended_at", BigInteger),
    Column("deleted_at", BigInteger),
    # What those in charge of this site decided about it.
    Column("suspended_here", Boolean, nullable=False, server_default=text("false")),
    Column("limited_at", BigInteger),
    Column("sensitized_at", BigInteger),
    Column("frozen_at", BigInteger),  # local: may look, not act
    Column("badge", Text, nullable=False, server_default=""),  # local: the role that it shows
    Column("followers_count", BigInteger, nullable=False, server_default="0"),
    Column("following_count", BigInteger, nullable=False, server_default="0"),
    Column("local_followers_count", BigInteger, nullable=False, server_default="0"),
    Column("statuses_count", BigInteger, nullable=False, server_default="0"),
    Column("last_status_at", BigInteger),
    Index("uq_account_handle", "domain", "username_key", unique=True),
    Index("ix_account_host", "host"),
    # Few or none: who is looked for in these costs nothing.
    partial_index("ix_account_limited", "id", where="limited_at IS NOT NULL"),
    partial_index("ix_account_sensitized", "id", where="sensitized_at IS NOT NULL"),
)

actor_key = Table(
    "actor_key",
    metadata,
    Column("id", Text, primary_key=True),  # key id: the actor's URI and a fragment, or a URL
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("algorithm", Text, nullable=False),  # rsa-sha256, ed25519
    Column("public", Text, nullable=False),  # PEM or multibase
    Column("private", LargeBinary),  # local: encrypted with the instance secret
    Column("created_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger, nullable=False, server_default="0"),
    Column("retired_at", BigInteger),  # still verifies until 48 h later
    Index("ix_actor_key_account_id", "account_id"),
)
