"""What this feature contributes to posts: the flag ``favourited``, totals and interested sites."""

from __future__ import annotations

from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_marks_query import FAVOURITED, mark, me
from fedrse.features.reactions.model import LIKE
from fedrse.features.reactions.service import Reactions
from fedrse.features.reactions.tables import reaction


def contribute(posts: Posts, reactions: Reactions) -> None:
    """Registers likes with posts; once, when the application is put together."""
    posts.statuses.add_mark(
        mark(
            FAVOURITED,
            reaction.c.post_id,
            reaction.c.account_id == me,
            reaction.c.content == LIKE,
        )
    )
    posts.counters.count_likes_with(reactions.totals_by_host)
    posts.delivery.add_interested(reactions.hosts)
