"""Reactions, told to higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class Reacted(Struct, frozen=True):
    """``content`` is "" for a like, else a grapheme or ``:code:``."""

    account_id: int
    post_id: int
    author_id: int
    content: str


class Unreacted(Struct, frozen=True):
    """A reaction was taken back."""

    account_id: int
    post_id: int
    author_id: int
    content: str
