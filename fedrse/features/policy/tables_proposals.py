"""Changes of the rules that are rehearsed before they are made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, text

from fedrse.store.schema import metadata

policy_proposal = Table(
    "policy_proposal",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("version", BigInteger, nullable=False),  # of the rules on which it was rehearsed
    Column("proposal", Text, nullable=False),  # JSON of model_proposals.Proposal
    Column("state", Text, nullable=False),  # waiting, done, failed
    Column("entries", BigInteger, nullable=False, server_default=text("0")),  # of the ledger, done
    Column("total", BigInteger, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),  # a code
    Column("result", Text, nullable=False, server_default=""),  # JSON of model_proposals.Told
)
