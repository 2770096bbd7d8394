"""Reports over real posts and accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.settings_limits import LimitSettings
from fedrse.core.settings_mail import MailSecurity, MailSettings
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.moderation.activities import ReportActivities
from fedrse.features.moderation.service import Reports
from fedrse.features.posts.service import Posts
from fedrse.store.events import Events
from tests.features.fakes import FakeOutbox
from tests.features.moderation.mailing import Stage
from tests.features.posts.conftest import make_posts, media, posts, studio
from tests.features.whole import whole_site
from tests.net.smtp_server import post_office

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


@pytest.fixture
async def stage(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[Stage]:
    async with post_office() as office:
        mail = MailSettings(host="localhost", port=office.port, security=MailSecurity.NONE)
        limits = LimitSettings(enabled=False)
        async with whole_site(url, tmp_path, key_pair, clock, mail=mail, limits=limits) as whole:
            yield Stage(whole, office)
