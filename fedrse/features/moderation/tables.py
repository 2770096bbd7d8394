"""Reports, from people here and (as Flag) from other sites, and what was decided."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata, partial_index


def _account(name: str, *, ondelete: str = "CASCADE", nullable: bool = False) -> Column[int]:
    key = ForeignKey("account.id", ondelete=ondelete)
    return Column(name, BigInteger, key, nullable=nullable)


report = Table(
    "report",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),  # id of the Flag
    _account("account_id"),
    _account("target_id"),
    Column("posts", Text, nullable=False, server_default="[]"),  # JSON list of URIs
    Column("comment", Text, nullable=False, server_default=""),
    Column("category", Text, nullable=False, server_default="other"),
    Column("forwarded", Boolean, nullable=False, server_default=text("false")),
    Column("local", Boolean, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),  # open closed
    Column("created_at", BigInteger, nullable=False),
    Column("rules", Text, nullable=False, server_default="[]"),  # JSON list of ids, as text
    Column("collections", Text, nullable=False, server_default="[]"),  # the same
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    _account("assigned_id", ondelete="SET NULL", nullable=True),
    Column("closed_at", BigInteger),
    _account("closed_by_id", ondelete="SET NULL", nullable=True),
    Index("ix_report_target_id", "target_id"),
    Index("ix_report_account_id", "account_id"),
    Index("ix_report_closed_at", "closed_at"),
    partial_index("ix_report_open", "id", where="state = 'open'"),
)

# What a reported post said when it was reported: it may be changed or deleted afterwards.
evidence = Table(
    "evidence",
    metadata,
    Column("report_id", BigInteger, ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("content", Text, nullable=False, server_default=""),  # HTML, sanitised
    Column("files", Text, nullable=False, server_default="[]"),  # JSON list of descriptions
    Column("created_at", BigInteger, nullable=False),  # of the post
    Index("ix_evidence_post_id", "post_id"),
)

report_note = Table(
    "report_note",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("report_id", BigInteger, ForeignKey("report.id", ondelete="CASCADE"), nullable=False),
    _account("account_id", ondelete="SET NULL", nullable=True),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_report_note_report_id", "report_id"),
)

# In the order of ``model_decisions.Decision``.
decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account("account_id"),
    _account("author_id", ondelete="SET NULL", nullable=True),
    Column("report_id", BigInteger, ForeignKey("report.id", ondelete="SET NULL")),
    Column("action", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("posts", Text, nullable=False, server_default="[]"),  # JSON list of ids, as text
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", Text),  # expired undone appealed
    Column("appeal_text", Text),
    Column("appealed_at", BigInteger),
    Column("appeal_state", Text),  # pending approved rejected
    Column("appeal_answer", Text, nullable=False, server_default=""),
    _account("appeal_author_id", ondelete="SET NULL", nullable=True),
    Column("appeal_decided_at", BigInteger),
    Index("ix_decision_account_id", "account_id", "id"),
    Index("ix_decision_report_id", "report_id"),
    partial_index("ix_decision_appeal", "id", where="appeal_state = 'pending'"),
)

warning_preset = Table(
    "warning_preset",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# About what those in charge want mails (without a row: everything), and when they had the last one.
staff_mail = Table(
    "staff_mail",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("reports", Boolean, nullable=False, server_default=text("true")),
    Column("appeals", Boolean, nullable=False, server_default=text("true")),
    Column("accounts", Boolean, nullable=False, server_default=text("true")),
    Column("told_at", BigInteger, nullable=False, server_default="0"),
)
