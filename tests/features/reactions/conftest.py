"""Likes over the fixtures of posts."""

from __future__ import annotations

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.service import Accounts
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.service import Reactions
from fedrse.features.reactions.service_flags import contribute
from fedrse.store.events import Events
from tests.features.fakes import FakeOutbox
from tests.features.posts.conftest import make_posts, media, posts, studio

__all__ = ["make_posts", "media", "posts", "studio"]


@pytest.fixture
def reactions(
    posts: Posts,
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    accounts: Accounts,
    outbox: FakeOutbox,
    events: Events,
) -> Reactions:
    """Likes that count on posts."""
    assert accounts
    found = Reactions(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        events=events,
        counter=posts.counters,
    )
    contribute(posts, found)
    return found
