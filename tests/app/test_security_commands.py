"""What those in charge do for people who cannot get in."""

from __future__ import annotations

import asyncio

from fedrse.app.security import SecurityServices, of_site
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import SystemClock
from fedrse.features.access.model_second_factor import STEP, code_of
from fedrse.features.access.model_security import Visitor
from tests.app.conftest import CommandSite


async def with_app(security: SecurityServices, whole: Whole, account_id: int) -> None:
    """Gives somebody an authenticator app."""
    database = whole.ground.database
    await database.write(security.second.begin, account_id)
    secret = await database.read(security.second.pending_secret, account_id)
    assert secret is not None
    code = code_of(secret, SystemClock().now() // STEP)
    await database.write(security.second.confirm, account_id, code, Visitor())


def state(site: CommandSite, *, set_up: bool) -> tuple[bool, list[str]]:
    """Whether Amina needs a code, and what happened to her log-in."""

    async def work() -> tuple[bool, list[str]]:
        async with open_whole(site.settings) as whole:
            security, database = of_site(whole.ground, whole.services), whole.ground.database
            login = await database.read(whole.services.access.logins.named, "amina")
            assert login is not None
            if set_up:
                await with_app(security, whole, login.account_id)
            events = await database.read(security.log.of_account, login.account_id)
            is_on = await database.read(security.second.is_on, login.account_id)
            return is_on, [one.kind for one in events]

    return asyncio.run(work())


def output(site: CommandSite, *arguments: str) -> str:
    result = site.run(*arguments)
    assert result.exit_code == 0, result.output
    return str(result.stdout).strip()


def owner(site: CommandSite, link: str) -> str:
    async def work() -> str:
        async with open_whole(site.settings) as whole:
            security = of_site(whole.ground, whole.services)
            token = link.rpartition("/")[2]
            return (await whole.ground.database.read(security.links.owner, token)).username

    return asyncio.run(work())


def test_a_second_step_is_removed(site: CommandSite) -> None:
    output(site, "account", "create", "amina", "--email", "amina@mail.example")
    assert state(site, set_up=True)[0]
    output(site, "account", "reset-second-factor", "amina", "--passkeys")
    is_on, events = state(site, set_up=False)
    assert not is_on
    assert events[0] == "second_factor_reset"
    assert site.run("account", "reset-second-factor", "nobody").exit_code == 1


def test_a_link_for_a_new_password_is_printed(site: CommandSite) -> None:
    output(site, "account", "create", "amina", "--email", "amina@mail.example")
    first = output(site, "account", "password-link", "amina")
    assert owner(site, first) == "amina"
    second = output(site, "account", "password-link", "amina@mail.example")
    assert second != first
    assert owner(site, second) == "amina"
    assert site.run("account", "password-link", "nobody").exit_code == 1
