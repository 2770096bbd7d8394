"""Signing up on a page, over a whole site."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import fedrse.app.registration as app_registration
from fedrse.app.registration import make_registrations
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.settings import LimitSettings
from fedrse.core.settings_mail import RegistrationMode, RegistrationSettings
from fedrse.features.access.service_registration import Registrations
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.store.database import Database
from tests.features.access.browser import Browser
from tests.features.access.conftest import RunningSite
from tests.features.whole import whole_site

FORM = {
    "username": "nina",
    "email": "nina@corp.example",
    "password": "violet ladder seven boats",
    "again": "violet ladder seven boats",
    "agreement": "1",
}


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


class Stage:
    """A visitor, and what the site knows."""

    def __init__(self, browser: Browser, registrations: Registrations, database: Database) -> None:
        self.browser = browser
        self.registrations = registrations
        self.database = database

    async def wrong_fields(self, **changes: str) -> list[str]:
        await self.browser.submit(**(FORM | changes))
        assert self.browser.status == 422
        return re.findall(r'id="(\w+)-error"', self.browser.text)

    async def waiting(self) -> list[str]:
        return [one.username for one in await self.database.read(self.registrations.all)]


Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def opened(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setattr(app_registration, "generate_key_pair", lambda: key_pair)

    @asynccontextmanager
    async def open_stage(mode: RegistrationMode, **more: Any) -> AsyncIterator[Stage]:
        changes = {
            "registration": RegistrationSettings(mode=mode, **more),
            "limits": LimitSettings(enabled=False),
        }
        async with whole_site(url, tmp_path, key_pair, clock, **changes) as site:
            ground, services = site.site.ground, site.site.services
            browser = Browser(RunningSite(site.address, site.client))
            yield Stage(browser, make_registrations(ground, services), ground.database)

    return open_stage


async def test_an_open_site_and_the_first_log_in(opened: Open) -> None:
    async with opened(RegistrationMode.OPEN) as stage:
        browser = stage.browser
        await browser.open("/join")
        await browser.submit(**FORM)
        assert browser.location == "/join/done"
        await browser.open(browser.location)
        assert "the people in charge give you the link" in browser.text, "no mail server"
        assert await stage.waiting() == ["nina"]
        known = await stage.database.read(stage.registrations.named, "nina")
        path = stage.registrations.link(known).removeprefix("https://lyon.corp.example")
        await browser.open(path)
        await browser.submit()
        assert "Your account is ready" in browser.text
        await browser.open("/login?next=/settings/security")
        await browser.sign_in("nina", FORM["password"])
        assert browser.location == "/settings/security"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"username": "ni na"}, ["username"]),
        ({"email": "nina"}, ["email"]),
        ({"password": "azertyuiop12", "again": "azertyuiop12"}, ["password"]),
        ({"password": "short", "again": "short"}, ["password"]),
        ({"again": "another"}, ["again"]),
        ({"username": "", "email": ""}, ["username", "email"]),
    ],
)
async def test_what_is_wrong_is_told_at_the_field_and_the_rest_is_kept(
    opened: Open, changes: dict[str, str], fields: list[str]
) -> None:
    async with opened(RegistrationMode.OPEN) as stage:
        await stage.browser.open("/join")
        assert await stage.wrong_fields(**changes) == fields
        kept = (FORM | changes)["email"]
        assert f'value="{kept}"' in stage.browser.text
        assert FORM["password"] not in stage.browser.text
        assert await stage.waiting() == []


async def test_a_taken_name_and_missing_agreement(opened: Open) -> None:
    async with opened(RegistrationMode.OPEN) as stage:
        await stage.browser.open("/join")
        assert await stage.wrong_fields(agreement="") == []
        assert "Without this there is no account." in stage.browser.text
        await stage.browser.submit(**FORM)
        await stage.browser.open("/join")
        assert await stage.wrong_fields(email="other@corp.example") == ["username"]
        assert "This name is taken" in stage.browser.text


async def test_invitations_open_a_closed_site(opened: Open) -> None:
    async with opened(RegistrationMode.CLOSED) as stage:
        browser = stage.browser
        await browser.open("/join")
        assert "with an invitation" in browser.text
        assert 'name="username"' not in browser.text
        await browser.open("/join?invite=made-up")
        assert await stage.wrong_fields(invite_code="made-up") == ["invite_code"]
        code = await stage.database.write(
            lambda tx: stage.registrations.invite(tx, most_uses=1, life=DAY)
        )
        await browser.open(f"/join?invite={code}")
        await browser.submit(**FORM, invite_code=code)
        assert browser.location == "/join/done"
        assert await stage.waiting() == ["nina"]


async def test_approval_asks_why(opened: Open) -> None:
    async with opened(RegistrationMode.APPROVAL) as stage:
        await stage.browser.open("/join")
        assert await stage.wrong_fields() == ["reason"]
        await stage.browser.submit(**FORM, reason="I build ships")
        assert stage.browser.location == "/join/done"
        await stage.browser.open("/join/done")
        assert "decide about your account" in stage.browser.text
