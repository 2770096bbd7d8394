"""Posts and what belongs to them: mentions, tags, edits, bookmarks, pins, tombstones.

A boost is a row of its own (``boost_of_id``), so that timelines are one list of ids.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata, partial_index


def _post(name: str = "post_id", *, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("post.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, nullable=False, primary_key=primary_key)


def _account(name: str = "account_id", *, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, nullable=False, primary_key=primary_key)


def _sparse(name: str, column: str) -> Index:
    """An index of the few rows that have a value."""
    return partial_index(name, column, where=f"{column} IS NOT NULL")


_PUBLIC = "listed AND boost_of_id IS NULL AND audience IN ('public', 'network', 'site')"

post = Table(
    "post",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),
    Column("url", Text),
    _account(),
    Column("local", Boolean, nullable=False),
    Column("kind", Text, nullable=False),  # note, article, page, event, video, audio, image, ...
    Column("audience", Text, nullable=False),  # public network site group followers direct
    Column("listed", Boolean, nullable=False, server_default=text("true")),
    Column("title", Text, nullable=False, server_default=""),
    Column("content", Text, nullable=False, server_default=""),  # HTML, sanitised
    Column("source", Text, nullable=False, server_default=""),  # local: as written
    Column("source_type", Text, nullable=False, server_default="text/plain"),
    Column("summary", Text, nullable=False, server_default=""),  # content warning
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("language", Text),
    Column("emojis", Text, nullable=False, server_default="[]"),
    Column("created_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("reply_to_id", BigInteger),
    Column("reply_to_account_id", BigInteger),
    Column("reply_to_uri", Text),  # kept while the parent is unknown
    Column("thread_id", BigInteger, nullable=False),  # id of the first known post of the thread
    Column("conversation", Text),  # context / conversation URI as received
    Column("boost_of_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE")),
    Column("quote_of_id", BigInteger),
    Column("quote_of_uri", Text),
    Column("quote_state", Text),  # pending accepted rejected revoked deleted unauthorized
    Column("quote_authorization", Text),
    Column("quote_policy", Text, nullable=False, server_default="public"),
    Column("application_id", BigInteger),
    Column("replies_count", BigInteger, nullable=False, server_default="0"),
    Column("boosts_count", BigInteger, nullable=False, server_default="0"),
    Column("likes_count", BigInteger, nullable=False, server_default="0"),
    Column("quotes_count", BigInteger, nullable=False, server_default="0"),
    # Remote posts: interactions of other sites as the author's site told them (what it counted
    # without ours), or, while it told nothing, as they arrived here; the counts above are ours.
    # origin_counted_at: when it last told; for posts of this site when they were last told.
    Column("origin_replies", BigInteger),
    Column("origin_boosts", BigInteger),
    Column("origin_likes", BigInteger),
    Column("origin_counted_at", BigInteger),
    Column("extra", Text, nullable=False, server_default="{}"),  # JSON: interaction policy, image
    partial_index(
        "uq_post_boost", "account_id", "boost_of_id", where="boost_of_id IS NOT NULL", unique=True
    ),
    Index("ix_post_author", "account_id", "id"),
    # The public timelines: newest first, of this site or of all.
    partial_index("ix_post_public", "id", where=_PUBLIC),
    partial_index("ix_post_public_local", "id", where=f"local AND {_PUBLIC}"),
    _sparse("ix_post_reply_to_id", "reply_to_id"),
    _sparse("ix_post_reply_to_uri", "reply_to_uri"),
    # With all that a thread is made of.
    Index("ix_post_thread_id", "thread_id", "id", "reply_to_id", "account_id"),
    _sparse("ix_post_boost_of_id", "boost_of_id"),
    _sparse("ix_post_quote_of_id", "quote_of_id"),
    _sparse("ix_post_quote_of_uri", "quote_of_uri"),
    _sparse("ix_post_quote_authorization", "quote_authorization"),
)

mention = Table(
    "mention",
    metadata,
    _post(primary_key=True),
    _account(primary_key=True),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("silent", Boolean, nullable=False, server_default=text("false")),  # addressed, not named
    Column("reached", Boolean, nullable=False, server_default=text("true")),
    Index("ix_mention_account_id", "account_id", "post_id"),
)

tag = Table(
    "tag",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),  # case-folded
    Column("display", Text, nullable=False),
)

post_tag = Table(
    "post_tag",
    metadata,
    Column("tag_id", BigInteger, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    _post(primary_key=True),
    Index("ix_post_tag_post_id", "post_id"),
)

post_edit = Table(
    "post_edit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _post(),
    Column("content", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("extra", Text, nullable=False, server_default="{}"),  # JSON: media, poll options
    Column("created_at", BigInteger, nullable=False),
    Index("ix_post_edit_post_id", "post_id"),
)

bookmark = Table(
    "bookmark",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account(),
    _post(),
    Index("uq_bookmark_pair", "account_id", "post_id", unique=True),
    Index("ix_bookmark_post_id", "post_id"),
)

pin = Table(
    "pin",
    metadata,
    _account(primary_key=True),
    _post(primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

thread_mute = Table(
    "thread_mute",
    metadata,
    _account(primary_key=True),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("actor", Text, primary_key=True),  # whose Delete; only the owner's counts
    Column("deleted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    _account(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("post_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

post_draft = Table(
    "post_draft",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account(),
    Column("key", Text, nullable=False),  # of the form
    Column("context", Text, nullable=False),  # what it answers or quotes
    Column("form", Text, nullable=False),  # JSON of model_form.ComposeForm
    Column("held", Text, nullable=False, server_default="[]"),  # JSON: ids of its files
    Column("kept", Boolean, nullable=False),  # because the person wished it
    Column("updated_at", BigInteger, nullable=False),
    Index("uq_post_draft_key", "account_id", "key", unique=True),
)

writing_choice = Table(
    "writing_choice",
    metadata,
    _account(primary_key=True),
    Column("undo_send", Boolean, nullable=False),
)
