"""Wires what sites tell each other about answers that need somebody's agreement."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.features.accounts.service import Accounts
from fedrse.features.posts import activities_replies
from fedrse.features.posts.activities import PostActivities
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_replies import Replies


def register(
    ground: Ground,
    protocol: Protocol,
    *,
    posts: Posts,
    people: Accounts,
    creating: PostActivities,
) -> None:
    """Takes their activities."""
    replies = Replies(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        rows=posts.rows,
        delivery=posts.delivery,
        outbox=protocol.outbox,
    )
    asking = activities_replies.Asking(
        posts=posts,
        people=people,
        local_ids=ground.local_ids,
        replies=replies,
        creating=creating,
    )
    activities_replies.register(protocol.dispatcher, asking)
