"""Who follows, blocks and mutes whom."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata, partial_index


def _account(name: str, *, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column(name, BigInteger, key, nullable=False, primary_key=primary_key)


follow = Table(
    "follow",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account("account_id"),  # who follows
    _account("target_id"),  # who is followed
    Column("uri", Text, nullable=False, unique=True),  # id of the Follow activity
    Column("accepted", Boolean, nullable=False),  # false: asked, not answered
    Column("local", Boolean, nullable=False),  # the follower is of this site
    Column("show_boosts", Boolean, nullable=False, server_default=text("true")),
    Column("notify", Boolean, nullable=False, server_default=text("false")),
    Column("languages", Text, nullable=False, server_default="[]"),
    Column("created_at", BigInteger, nullable=False),
    Index("uq_follow_pair", "account_id", "target_id", unique=True),
    Index("ix_follow_target", "target_id", "accepted", "local", "account_id"),
    # Pages of the two lists, newest first.
    Index("ix_follow_followers", "target_id", "id"),
    Index("ix_follow_following", "account_id", "id"),
    # The few who want to be told of every post.
    partial_index(
        "ix_follow_watchers",
        *("target_id", "accepted", "local", "account_id"),
        where="notify",
        on_sqlite="notify = 1",
    ),
    # The few who want to read somebody in some languages only, from both sides.
    partial_index(
        "ix_follow_picky", *("account_id", "target_id", "languages"), where="languages <> '[]'"
    ),
    partial_index("ix_follow_picky_of", "target_id", "account_id", where="languages <> '[]'"),
)

block = Table(
    "block",
    metadata,
    _account("account_id", primary_key=True),
    _account("target_id", primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),  # pages of a list go by it
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_block_target_id", "target_id"),
)

mute = Table(
    "mute",
    metadata,
    _account("account_id", primary_key=True),
    _account("target_id", primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("notifications", Boolean, nullable=False, server_default=text("true")),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

account_note = Table(
    "account_note",
    metadata,
    _account("account_id", primary_key=True),
    _account("target_id", primary_key=True),
    Column("comment", Text, nullable=False),
)

endorsement = Table(
    "endorsement",
    metadata,
    _account("account_id", primary_key=True),
    _account("target_id", primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

# Whole domains that a person does not want to see.
domain_block = Table(
    "domain_block",
    metadata,
    _account("account_id", primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

# Sites that the rules deny: follows with them rest, and end when the time is over.
suspended_peer = Table(
    "suspended_peer",
    metadata,
    Column("host", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)
