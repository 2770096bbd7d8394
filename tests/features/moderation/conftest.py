"""Reports over real posts and accounts."""

from __future__ import annotations

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.service import Accounts
from fedrse.features.moderation.activities import ReportActivities
from fedrse.features.moderation.service import Reports
from fedrse.features.posts.service import Posts
from fedrse.store.events import Events
from tests.features.fakes import FakeOutbox
from tests.features.posts.conftest import make_posts, media, posts, studio

__all__ = ["make_posts", "media", "posts", "studio"]


@pytest.fixture
def reports(
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    outbox: FakeOutbox,
    accounts: Accounts,
    posts: Posts,
    events: Events,
) -> Reports:
    return Reports(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        people=accounts,
        evidence=posts,
        events=events,
    )


@pytest.fixture
def activities(reports: Reports, accounts: Accounts) -> ReportActivities:
    return ReportActivities(reports=reports, people=accounts)
