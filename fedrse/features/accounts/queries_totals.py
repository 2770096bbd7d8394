"""SQL of numbers of followers and of people followed, as the person's own site tells them."""

from __future__ import annotations

from sqlalchemy import bindparam, func, update

from fedrse.features.accounts.tables import account
from fedrse.store.statement import Statement

# What the site does not tell stays as it is.
SET_TOTALS = Statement(
    update(account)
    .where(account.c.id == bindparam("key"), account.c.local.is_(False))
    .values(
        followers_count=func.coalesce(bindparam("followers"), account.c.followers_count),
        following_count=func.coalesce(bindparam("following"), account.c.following_count),
    )
)
SET_POSTS_TOTAL = Statement(
    update(account)
    .where(account.c.id == bindparam("key"), account.c.local.is_(False))
    .values(statuses_count=bindparam("posts"))
)
