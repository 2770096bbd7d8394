"""Those who wait, and invitations, from the command line."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path

from fedrse.app.context import access_services
from fedrse.app.registration import make_registrations
from fedrse.app.whole import open_whole
from fedrse.core.paging import Page
from fedrse.core.settings import Settings
from fedrse.features.access.model_registration import Wish
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from tests.app.conftest import CommandSite

PASSWORD = "correct horse battery"


def sign_up(site: CommandSite, username: str, code: str) -> None:
    """As an application does it."""

    async def work(settings: Settings) -> None:
        async with open_whole(settings) as whole:
            access, database = whole.services.access, whole.ground.database

            async def app(tx: Transaction) -> int:
                made, _ = await access.oauth.register(
                    tx, name="app", redirect_uris=[], scopes=["read"], website=None
                )
                return made.id

            wish = Wish(
                username=username,
                email=f"{username}@mail.example",
                password=PASSWORD,
                agreement=True,
                locale="en",
                reason="I work here",
                invite_code=code,
            )
            registrations = make_registrations(whole.ground, whole.services)
            app_id = await database.write(app)
            await registrations.register(database, app_id, wish, address="127.0.0.1")

    asyncio.run(work(site.settings))


def confirm(site: CommandSite, link: str) -> None:
    """What the page behind the link does."""
    from fedrse.app.registration import make_keys

    identifier, _, token = link.rpartition("/auth/confirm/")[2].partition("/")

    async def work() -> None:
        async with open_whole(site.settings) as whole:
            registrations = make_registrations(whole.ground, whole.services)
            await registrations.confirm(whole.ground.database, int(identifier), token, make_keys)

    asyncio.run(work())


def names_with_log_in(site: CommandSite) -> list[str]:
    async def work() -> list[str]:
        settings = site.settings
        database = await open_database(settings.storage.database, Path(settings.storage.data))
        access = access_services(settings)
        try:
            return [login.username for login in await database.read(access.logins.all)]
        finally:
            access.passwords.close()
            await database.close()

    return asyncio.run(work())


def output(site: CommandSite, *arguments: str) -> str:
    result = site.run(*arguments)
    assert result.exit_code == 0, result.output
    return str(result.stdout).strip()


def test_an_invitation_and_a_link(site: CommandSite) -> None:
    code = output(site, "invite", "create", "--uses", "2", "--days", "3")
    (one,) = json.loads(output(site, "invite", "list", "--json"))
    assert one["used"] == "0/2"
    sign_up(site, "nina", code)
    (waiting,) = json.loads(output(site, "account", "list", "--pending", "--json"))
    assert (waiting["username"], waiting["state"]) == ("nina", "address not confirmed")
    assert "I work here" in output(site, "account", "list", "--pending")
    link = output(site, "account", "link", "nina")
    confirm(site, link)
    assert names_with_log_in(site) == ["nina"]
    assert json.loads(output(site, "account", "list", "--pending", "--json")) == []
    assert "1/2" in output(site, "invite", "list")
    output(site, "invite", "withdraw", one["id"])
    assert json.loads(output(site, "invite", "list", "--json")) == []
    assert site.run("invite", "withdraw", one["id"]).exit_code != 0
    assert site.run("invite", "create", "--uses", "0").exit_code != 0


def test_approving_and_rejecting(site: CommandSite) -> None:
    code = output(site, "invite", "create", "--uses", "9")
    sign_up(site, "nina", code)
    sign_up(site, "otto", code)
    assert "once the address is confirmed" in site.run("account", "approve", "nina").output
    site.run("account", "reject", "otto@mail.example")
    (waiting,) = json.loads(output(site, "account", "list", "--pending", "--json"))
    assert waiting["username"] == "nina"
    assert names_with_log_in(site) == []
    for command in ("approve", "reject", "link"):
        result = site.run("account", command, secrets.token_hex(4))
        assert result.exit_code != 0
        assert "waits for an account" in result.output


def test_a_warning(site: CommandSite) -> None:
    site.run("account", "create", "nina", "--email", "nina@mail.example")
    assert site.run("account", "warn", "nina", "Please remember the rules").exit_code == 0

    async def told() -> list[str]:
        async with open_whole(site.settings) as whole:

            async def unit(tx: Transaction) -> list[str]:
                login = await whole.services.access.logins.named(tx, "nina")
                assert login is not None
                page = Page(max_id=None, since_id=None, min_id=None, limit=9)
                found = await whole.services.notifications.listing(tx, login.account_id, page)
                return [one.extra or "" for one in found]

            return await whole.ground.database.read(unit)

    (extra,) = asyncio.run(told())
    assert "Please remember the rules" in extra
    assert site.run("account", "warn", "nobody", "x").exit_code != 0
    assert site.run("account", "warn", "nina", " ").exit_code != 0
