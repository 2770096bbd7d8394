"""Custom emoji of this site; those of other sites are kept with the texts that use them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Table, Text, text

from fedrse.store.schema import metadata

emoji = Table(
    "emoji",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("shortcode", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),  # of the stored picture
    Column("category", Text, nullable=False, server_default=""),
    Column("visible", Boolean, nullable=False, server_default=text("true")),  # in pickers
    Column("updated_at", BigInteger, nullable=False),
)
