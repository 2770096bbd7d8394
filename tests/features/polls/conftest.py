"""Polls as a part of posts, over real posts and accounts."""

from __future__ import annotations

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.polls.service import Polls
from fedrse.features.posts.service import Posts
from fedrse.store.events import Events
from tests.features.fakes import FakeOutbox, FakeQueue
from tests.features.posts.conftest import make_posts, media, posts, studio

__all__ = ["make_posts", "media", "posts", "studio"]


@pytest.fixture
def polls(
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    outbox: FakeOutbox,
    queue: FakeQueue,
    events: Events,
    posts: Posts,
) -> Polls:
    made = Polls(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        queue=queue,
        events=events,
        posts=posts,
    )
    posts.polls = made
    return made
