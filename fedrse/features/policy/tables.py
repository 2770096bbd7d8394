"""Rules of the border and every version of them there was."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from fedrse.store.schema import metadata


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


policy_rule = Table(
    "policy_rule",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # never given twice
    Column("match", Text, nullable=False),  # JSON of model.Match
    Column("effect", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("private_reason", Text, nullable=False, server_default=""),
    Column("author", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("review_at", BigInteger),
    _number("delay"),
    _number("cap"),
    _number("period"),
    Column("obfuscate", Boolean, nullable=False, server_default=text("false")),
    Index("ix_policy_rule_source", "source"),
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3, ...
    Column("created_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),  # local, admin API, list:<id>, undo:<id>, ...
    Column("changes", Text, nullable=False),  # JSON list of model.Change
    _number("added"),
    _number("changed"),
    _number("removed"),
    _number("last_rule"),  # highest id that a rule ever had
)

# A list of another place that this site follows.
policy_list = Table(
    "policy_list",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # of its rules: draft, shadow, active
    Column("exceptions", Text, nullable=False, server_default=text("'[]'")),  # JSON: hosts
    Column("most", BigInteger, nullable=False),  # percent of the peers that it may deny at once
    Column("threshold", BigInteger, nullable=False),  # lists that have to name a host
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger),  # with success
    Column("tried_at", BigInteger),
    Column("error", Text, nullable=False, server_default=""),
    Column("digest", Text, nullable=False, server_default=""),  # of what was fetched
    Column("confirmed", Text, nullable=False, server_default=""),  # digest somebody agreed to
    Column("waiting", Text, nullable=False, server_default=""),  # why somebody has to agree
    Column("entries", Text, nullable=False, server_default=text("'[]'")),  # JSON: model_lists.Entry
    Column("base", Text, nullable=False, server_default=text("'[]'")),  # entries at the last yes
    Column("base_at", BigInteger),  # since when changes are added up
)
