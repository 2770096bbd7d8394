"""Reactions, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reacted:
    """``content`` is "" for a like, else a grapheme or ``:code:``."""

    account_id: int
    post_id: int
    author_id: int
    content: str


@dataclass(frozen=True, slots=True)
class Unreacted:
    """A reaction was taken back."""

    account_id: int
    post_id: int
    author_id: int
    content: str
