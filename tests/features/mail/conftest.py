"""Sites that send posts by mail, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.settings import LimitSettings, SiteSettings
from fedrse.core.settings_mail import MailSecurity, MailSettings, MailSubscriptions
from fedrse.features.accounts.service_keys import KeyPair
from tests.features.fakes import ORIGIN
from tests.features.mail.stage import Open, Stage
from tests.features.whole import whole_site
from tests.net.smtp_server import post_office


@pytest.fixture
def opened(url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock) -> Open:
    """Opens a site with these settings of mail."""

    @asynccontextmanager
    async def open_stage(
        who: MailSubscriptions = MailSubscriptions.ROLES,
        *,
        public: bool = True,
        limits: bool = False,
    ) -> AsyncIterator[Stage]:
        async with post_office() as post:
            mail = MailSettings(
                host="localhost", port=post.port, security=MailSecurity.NONE, subscriptions=who
            )
            site = SiteSettings(
                base_url=ORIGIN, handle_domain="corp.example", public_pages=public, name="Lyon"
            )
            limited = LimitSettings(enabled=limits)
            changes = {"mail": mail, "site": site, "limits": limited}
            async with whole_site(url, tmp_path, key_pair, clock, **changes) as whole:
                yield Stage(whole, post)

    return open_stage
