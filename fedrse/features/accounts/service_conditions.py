"""SQL conditions about accounts, for statements of higher features."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal_column, select

from fedrse.features.accounts.tables import account
from fedrse.store.narrow import narrow_alias

# Written out: only so the planner sees that the partial index fits, which is empty nearly always.
_limited = narrow_alias(account, "limited", "id", "limited_at")
_limited_ids = select(_limited.c.id).where(literal_column("limited.limited_at IS NOT NULL"))
_covered = narrow_alias(account, "covered", "id", "sensitized_at")
_covered_ids = select(_covered.c.id).where(literal_column("covered.sensitized_at IS NOT NULL"))
_agreed = narrow_alias(account, "agreed", "id", "public_profile")


def limited(author: ColumnElement[int]) -> ColumnElement[bool]:
    """Those in charge decided that this account is shown only to those who look for it."""
    return author.in_(_limited_ids)


def agreed(author: ColumnElement[int]) -> ColumnElement[bool]:
    """This account may be seen by visitors, where the site has public pages."""
    return exists(select(1).where(_agreed.c.id == author, _agreed.c.public_profile))


def sensitized(author: ColumnElement[int]) -> ColumnElement[bool]:
    """Those in charge decided that the pictures of this account are covered."""
    return author.in_(_covered_ids)
