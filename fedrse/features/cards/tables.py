"""Previews of web pages, and which posts show them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from fedrse.store.schema import metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _pixels(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


preview_card = Table(
    "preview_card",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # ready none
    Column("kind", Text, nullable=False),  # link photo video
    _text("title"),
    _text("description"),
    Column("language", Text),
    _text("author_name"),
    _text("author_url"),
    _text("provider_name"),
    _text("provider_url"),
    _text("html"),
    _text("embed_url"),
    _pixels("width"),
    _pixels("height"),
    Column("image_key", Text, unique=True),
    _pixels("image_width"),
    _pixels("image_height"),
    Column("blurhash", Text),
    Column("published_at", Text),
    Column("fetched_at", BigInteger, nullable=False),
)

post_card = Table(
    "post_card",
    metadata,
    Column("post_id", BigInteger, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("card_id", BigInteger, ForeignKey("preview_card.id", ondelete="CASCADE")),
    Index("ix_post_card_card_id", "card_id", "post_id"),
)
