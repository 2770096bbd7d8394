"""``fedrse init``: everything that a new site needs, and nothing twice."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fedrse.app.secret_file import SecretFileProblem, make_secret, read_secret
from fedrse.core.configuration import load_settings
from fedrse.store.migrate import head
from tests.app.conftest import CommandSite, run
from tests.app.test_people_commands import can_log_in

FLAGS = (
    *("--base-url", "https://lyon.corp.example", "--handle-domain", "corp.example"),
    *("--name", "Lyon", "--language", "en", "--listen", "127.0.0.1:8400"),
    *("--member", "https://nantes.corp.example", "--member", "https://oslo.corp.example"),
    *("--admin", "amina", "--admin-email", "amina@corp.example"),
)


def init(folder: Path, *flags: str, input_text: str | None = None) -> tuple[CommandSite, int, str]:
    configuration = folder / "fedrse.toml"
    result = run("--config", str(configuration), "init", *flags, input_text=input_text)
    return CommandSite(folder, configuration), result.exit_code, result.stdout + result.stderr


def test_a_new_site_is_ready(tmp_path: Path) -> None:
    result = run("--config", str(tmp_path / "s" / "fedrse.toml"), "init", *FLAGS, "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["handle"], made["role"]) == ("@amina@corp.example", "owner")
    site = CommandSite(tmp_path / "s", tmp_path / "s" / "fedrse.toml")
    assert can_log_in(site, "amina", made["password"])
    settings = site.settings
    assert settings.site.name == "Lyon"
    assert settings.site.language == "en"
    assert settings.network.members == ["https://nantes.corp.example", "https://oslo.corp.example"]
    assert "# " in site.configuration.read_text()
    for path in (site.configuration, Path(settings.storage.secret_file)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "s" / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "s" / "var" / "fedrse.db").stat().st_mode) == 0o600
    assert len(read_secret(Path(settings.storage.secret_file))) >= 32


def test_the_owner_s_password_can_be_given(tmp_path: Path) -> None:
    site, code, text = init(
        tmp_path, *FLAGS, "--password-stdin", input_text="correct horse battery\n"
    )
    assert code == 0
    assert "correct horse" not in text
    assert can_log_in(site, "amina@corp.example", "correct horse battery")


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    site, _, _ = init(tmp_path, *FLAGS)
    before = site.configuration.read_text(), (tmp_path / "var" / "secret").read_bytes()
    _, code, text = init(tmp_path, *FLAGS)
    assert code == 1
    assert "set up before" in text
    after = site.configuration.read_text(), (tmp_path / "var" / "secret").read_bytes()
    assert before == after


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--base-url", "http://lyon.corp.example"), "site.base_url has to start with https://"),
        (("--base-url", "https://lyon.corp.example/path"), "site.base_url"),
        (("--language", "de"), "site.language has to be one of"),
        (("--mode", "ajar"), "federation.mode has to be one of"),
        (("--listen", "nowhere"), "server.listen"),
        (("--member", "nantes"), "network.members"),
    ],
)
def test_wrong_values_leave_nothing_behind(
    tmp_path: Path, flags: tuple[str, ...], reason: str
) -> None:
    _, code, text = init(tmp_path / "s", *FLAGS, *flags)
    assert code == 1
    assert reason in text
    assert list((tmp_path / "s").iterdir()) == []


def test_without_terminal_nothing_is_asked(tmp_path: Path) -> None:
    for missing in ("--base-url", "--admin", "--admin-email"):
        index = FLAGS.index(missing)
        _, code, text = init(tmp_path, *FLAGS[:index], *FLAGS[index + 2 :])
        assert code == 2
        assert missing in text
    assert list(tmp_path.iterdir()) == []
    _, code, _ = init(tmp_path, *FLAGS[:2], "--no-admin")
    assert code == 0
    assert load_settings(tmp_path / "fedrse.toml", {}).origin == "https://lyon.corp.example"


def test_postgresql_is_set_up_too(tmp_path: Path, postgres_url: str) -> None:
    site, code, text = init(tmp_path, *FLAGS, "--database", postgres_url)
    assert code == 0, text
    assert json.loads(site.run("migrate", "--json").stdout) == {"schema": head(), "changed": False}
    assert json.loads(site.run("account", "list", "--json").stdout)[0]["role"] == "owner"


def test_an_unreachable_database_says_so(tmp_path: Path) -> None:
    url = "postgresql://nobody:secret-word@127.0.0.1:1/none"
    _, code, text = init(tmp_path, *FLAGS, "--database", url)
    assert code == 1
    assert "database does not answer" in text
    assert "secret-word" not in text


def test_the_real_command_in_an_empty_folder(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("FEDRSE_")
    }

    def fedrse(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fedrse", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    made = fedrse("init", *FLAGS, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["username"] == "amina"
    assert (tmp_path / "fedrse.toml").exists()
    listed = fedrse("account", "list", "--json")
    assert [person["username"] for person in json.loads(listed.stdout)] == ["amina"]
    assert fedrse("--version").stdout.startswith("fedrse ")
    assert fedrse("no-such-command").returncode == 2
    assert fedrse("account", "show", "nobody").returncode == 1


def test_in_a_terminal_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    answers = ("http://localhost:8400", "", "Lyon", "en", "claire", "claire@corp.example")
    terminal, inside = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "fedrse", "init"],
            cwd=tmp_path,
            env={name: one for name, one in os.environ.items() if not name.startswith("FEDRSE_")},
            stdin=inside,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
        said, asked = process.communicate(timeout=120)
    finally:
        os.close(terminal)
        os.close(inside)
    assert process.returncode == 0, asked
    for question in ("Public address", "Domain of handles", "Name of the site", "Language"):
        assert question in asked
    assert "claire@corp.example" in said
    settings = load_settings(tmp_path / "fedrse.toml", {})
    assert (settings.site.name, settings.handle_domain) == ("Lyon", "localhost:8400")
    assert settings.site.language.value == "en"


def test_help_does_not_load_databases_and_cryptography() -> None:
    """What makes a start slow; measured by what is imported, not by the clock."""
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from fedrse.app.cli import app\n"
        "for arguments in (['--help'], ['account', 'create', '--help'], ['backup', '--help']):\n"
        "    assert CliRunner().invoke(app, arguments).exit_code == 0\n"
        "slow = {'sqlalchemy', 'aiohttp', 'cryptography', 'asyncpg', 'jinja2', 'PIL', 'alembic'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_secrets_are_made_once_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    assert make_secret(path)
    first = read_secret(path)
    assert not make_secret(path)
    assert read_secret(path) == first
    assert [each.name for each in path.parent.iterdir()] == ["secret"]
    path.write_text("short")
    with pytest.raises(SecretFileProblem, match="fewer than 32"):
        read_secret(path)
    path.unlink()
    with pytest.raises(SecretFileProblem, match="cannot be read"):
        read_secret(path)
