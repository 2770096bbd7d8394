"""Accounts and tokens from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fedrse.app.context import access_services
from fedrse.core.clock import SystemClock
from fedrse.features.access.model import BadCredentials
from fedrse.features.access.service_credentials import Credentials
from fedrse.http.principal import Principal
from fedrse.store.engine import open_database
from tests.app.conftest import CommandSite, run

PASSWORD = "correct horse battery"


def create(site: CommandSite, username: str = "amina", *more: str) -> dict[str, str]:
    result = site.run(
        "account", "create", username, "--email", f"{username}@mail.example", "--json", *more
    )
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def can_log_in(site: CommandSite, name: str, password: str) -> bool:
    async def work() -> bool:
        settings = site.settings
        database = await open_database(settings.storage.database, Path(settings.storage.data))
        access = access_services(settings)
        try:
            return bool(await access.logins.authenticate(database, name, password))
        except BadCredentials:
            return False
        finally:
            access.passwords.close()
            await database.close()

    return asyncio.run(work())


def principal_of(site: CommandSite, token: str) -> Principal | None:
    async def work() -> Principal | None:
        settings = site.settings
        database = await open_database(settings.storage.database, Path(settings.storage.data))
        access = access_services(settings)
        credentials = Credentials(
            database=database, clock=SystemClock(), revocations=access.revocations
        )
        try:
            return await credentials.bearer(token)
        finally:
            await credentials.close()
            access.passwords.close()
            await database.close()

    return asyncio.run(work())


def test_a_created_person_logs_in_with_the_printed_password(either_site: CommandSite) -> None:
    made = create(either_site, "amina", "--name", "Amina B.", "--role", "admin")
    assert made["handle"] == "@amina@corp.example"
    assert made["role"] == "admin"
    assert can_log_in(either_site, "amina@mail.example", made["password"])
    shown = either_site.run("account", "show", "amina@corp.example", "--json")
    assert json.loads(shown.stdout)["name"] == "Amina B."
    listed = json.loads(either_site.run("account", "list", "--json").stdout)
    assert [(person["username"], person["state"]) for person in listed] == [("amina", "active")]
    table = either_site.run("account", "list")
    assert "amina@mail.example" in table.stdout


def test_a_given_password_is_used_and_not_told(site: CommandSite) -> None:
    result = site.run(
        *("account", "create", "amina", "--email", "a@b.example", "--password-stdin", "--json"),
        input_text=PASSWORD + "\n",
    )
    assert "password" not in json.loads(result.stdout)
    assert can_log_in(site, "amina", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("amina", "--email", "other@b.example"), "taken"),
        (("claire", "--email", "amina@mail.example"), "already been taken"),
        (("claire", "--email", "no address"), "not an e-mail address"),
        (("with space", "--email", "a@b.example"), "Username"),
        (("claire", "--email", "a@b.example", "--role", "king"), "no role"),
        (("claire", "--email", "a@b.example", "--locale", "de"), "language"),
    ],
)
def test_what_cannot_be_created_says_why(
    site: CommandSite, arguments: tuple[str, ...], reason: str
) -> None:
    create(site)
    result = site.run("account", "create", *arguments)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert result.stdout == ""
    assert len(json.loads(site.run("account", "list", "--json").stdout)) == 1


def test_weak_passwords_are_refused(site: CommandSite) -> None:
    result = site.run(
        *("account", "create", "amina", "--email", "a@b.example", "--password-stdin"),
        input_text="password123\n",
    )
    assert result.exit_code == 1
    assert "first that others would try" in result.stderr
    missing = site.run(
        *("account", "create", "amina", "--email", "a@b.example", "--password-stdin"),
        input_text="",
    )
    assert missing.exit_code == 2


def test_disabling_and_enabling(site: CommandSite) -> None:
    made = create(site)
    token = json.loads(site.run("token", "create", "--account", "amina", "--json").stdout)
    assert principal_of(site, token["access_token"])
    assert site.run("account", "disable", "amina").exit_code == 0
    assert principal_of(site, token["access_token"]) is None
    (person,) = json.loads(site.run("account", "list", "--json").stdout)
    assert person["state"] == "disabled"
    assert site.run("account", "enable", "amina").exit_code == 0
    assert can_log_in(site, "amina", made["password"])


def test_the_last_owner_cannot_be_disabled(site: CommandSite) -> None:
    create(site, "amina", "--role", "owner")
    result = site.run("account", "disable", "amina")
    assert result.exit_code == 1
    assert "last owner" in result.stderr
    create(site, "claire")
    assert site.run("account", "role", "claire", "owner").exit_code == 0
    assert site.run("account", "disable", "amina").exit_code == 0


def test_a_new_password_replaces_the_old_one(site: CommandSite) -> None:
    made = create(site)
    reset = site.run("account", "reset-password", "amina", "--json")
    new = json.loads(reset.stdout)["password"]
    assert not can_log_in(site, "amina", made["password"])
    assert can_log_in(site, "amina", new)
    chosen = site.run("account", "reset-password", "amina", "--password-stdin", input_text=PASSWORD)
    assert chosen.exit_code == 0
    assert can_log_in(site, "amina", PASSWORD)


@pytest.mark.parametrize(
    "command",
    [("show",), ("disable",), ("enable",), ("reset-password",), ("role",)],
)
def test_unknown_people(site: CommandSite, command: tuple[str, ...]) -> None:
    more = ("member",) if command == ("role",) else ()
    result = site.run("account", *command, "nobody", *more)
    assert result.exit_code == 1
    assert "Nobody of https://lyon.corp.example is called 'nobody'." in result.stderr


def test_tokens_do_what_their_scopes_say(either_site: CommandSite) -> None:
    made = create(either_site)
    result = either_site.run(
        "token", "create", "--account", "amina", "--scopes", "read,write:statuses"
    )
    assert result.exit_code == 0
    token = result.stdout.strip()
    principal = principal_of(either_site, token)
    assert principal is not None
    assert str(principal.account_id) == made["id"]
    assert principal.scopes == {"read", "write:statuses"}
    wrong = either_site.run("token", "create", "--account", "amina", "--scopes", "everything")
    assert wrong.exit_code == 1
    assert wrong.stdout == ""


def test_usage_errors_are_2(site: CommandSite, tmp_path: Path) -> None:
    assert site.run("account", "create").exit_code == 2
    assert site.run("account", "fly").exit_code == 2
    assert run("--config", str(tmp_path / "missing.toml"), "account", "list").exit_code == 1


def test_an_old_schema_says_what_to_do(site: CommandSite) -> None:
    (site.folder / "var" / "fedrse.db").unlink()
    missing = site.run("account", "list")
    assert missing.exit_code == 1
    assert "fedrse init" in missing.stderr
    (site.folder / "var" / "fedrse.db").touch()
    empty = site.run("account", "list")
    assert empty.exit_code == 1
    assert "run `fedrse migrate`" in empty.stderr
    assert site.run("migrate").exit_code == 0
    assert json.loads(site.run("account", "list", "--json").stdout) == []


def test_wrong_settings_are_named(site: CommandSite) -> None:
    text = site.configuration.read_text()
    site.configuration.write_text(text.replace("\n[site]\n", "\n[site]\nnmae = 'x'\n"))
    result = site.run("account", "list")
    assert result.exit_code == 1
    assert "site.nmae" in result.stderr
    assert "line" in result.stderr
