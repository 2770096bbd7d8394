"""search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The words of posts, in the form that each database searches best."""
    op.create_table(
        "search_pending",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_search_pending_post_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name="pk_search_pending"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE post_words USING fts5"
            "(words, tokenize = 'unicode61 remove_diacritics 0 tokenchars ''_''', prefix = '2 3')"
        )
        op.execute(
            "CREATE TRIGGER post_words_gone AFTER DELETE ON post"
            " BEGIN DELETE FROM post_words WHERE rowid = old.id; END"
        )
    else:
        op.execute(
            "CREATE TABLE post_words (post_id BIGINT PRIMARY KEY"
            " REFERENCES post (id) ON DELETE CASCADE, words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_post_words_words ON post_words USING gin (words)")
