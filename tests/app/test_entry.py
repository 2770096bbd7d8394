"""The beginning of a process: what is typed, and what is loaded for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fedrse.app.entry import plain_serve
from fedrse.app.secret_file import make_secret


@pytest.mark.parametrize(
    ("typed", "configuration"),
    [
        ("serve", None),
        ("--config a.toml serve", Path("a.toml")),
        ("serve --config a.toml", Path("a.toml")),
        ("serve --config=a.toml", Path("a.toml")),
        ("--config a.toml serve --config b.toml", Path("b.toml")),
        ("--config serve serve", Path("serve")),
    ],
)
def test_serve_is_understood_without_the_command_line(
    typed: str, configuration: Path | None
) -> None:
    assert plain_serve(typed.split()) == (configuration,)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "--help", "init", "serve --help", "serve --workers 2", "serve serve", "worker"),
        *("--config", "--config serve", "serve --config", "serve x", "--version serve", "demo"),
    ],
)
def test_everything_else_is_not(typed: str) -> None:
    assert plain_serve(typed.split()) is None


def _python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "FEDRSE" not in name}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_a_site_that_cannot_start_says_why(tmp_path: Path) -> None:
    missing = _python("-m", "fedrse", "serve", folder=tmp_path)
    assert missing.returncode == 1
    assert "fedrse.toml" in missing.stderr
    assert "Traceback" not in missing.stderr
    (tmp_path / "fedrse.toml").write_text('[site]\nbase_url = "http://corp.example"\n')
    wrong = _python("-m", "fedrse", "--config", "fedrse.toml", "serve", folder=tmp_path)
    through_options = _python("-m", "fedrse", "serve", "--workers", "1", folder=tmp_path)
    assert wrong.returncode == through_options.returncode == 1
    assert wrong.stderr.split() == through_options.stderr.split() != []


SITE = """
[site]
base_url = "http://localhost:8400"
[server]
listen = ["127.0.0.1:{port}"]
tls_certificate = {pem}
tls_key = {pem}
[log]
format = "json"
"""


def _site(folder: Path, *, port: int = 0, pem: str = '""') -> None:
    (folder / "fedrse.toml").write_text(SITE.format(port=port, pem=pem))
    assert make_secret(folder / "var" / "secret")


@pytest.mark.parametrize("typed", ["serve", "serve --workers 1"])
def test_what_the_operator_can_put_right_is_told_in_a_line(tmp_path: Path, typed: str) -> None:
    (tmp_path / "empty.pem").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        _site(tmp_path, port=taken.getsockname()[1])
        occupied = _python("-m", "fedrse", *typed.split(), folder=tmp_path)
    (tmp_path / "fedrse.toml").write_text(SITE.format(port=0, pem='"empty.pem"'))
    no_certificate = _python("-m", "fedrse", *typed.split(), folder=tmp_path)
    assert occupied.returncode == no_certificate.returncode == 1
    assert occupied.stderr.startswith("server.listen: ")
    assert "cannot be used for TLS" in no_certificate.stderr
    for told in (occupied.stderr, no_certificate.stderr):
        assert "Traceback" not in told


@pytest.mark.parametrize("typed", ["serve", "serve --workers 1"])
def test_whatever_else_stops_a_site_leaves_its_trace_in_the_log(tmp_path: Path, typed: str) -> None:
    _site(tmp_path)
    code = (
        "import sys\n"
        "from fedrse.app import entry, serve\n"
        "def broken(*_, **__): raise ValueError('a mistake in the program')\n"
        "serve._server = broken\n"
        f"sys.argv = {['fedrse', *typed.split()]!r}\n"
        "entry.main()\n"
    )
    result = _python("-c", code, folder=tmp_path)
    assert result.returncode == 1
    line = json.loads(result.stderr.splitlines()[-1])
    assert line["event"] == "stopped_by_an_error"
    assert "in broken" in line["exception"], "the place"
    assert "a mistake in the program" in line["exception"]


def test_a_second_ctrl_c_ends_without_a_trace(tmp_path: Path) -> None:
    _site(tmp_path)
    code = (
        "import sys\n"
        "from fedrse.app import entry, serve\n"
        "def impatient(*_, **__): raise KeyboardInterrupt\n"
        "serve._server = impatient\n"
        "sys.argv = ['fedrse', 'serve']\n"
        "entry.main()\n"
    )
    result = _python("-c", code, folder=tmp_path)
    assert result.returncode == 130
    assert "Traceback" not in result.stderr


def test_a_site_does_not_load_what_serving_does_not_need(tmp_path: Path) -> None:
    """Memory of a site that nobody uses, and its start; by what is loaded, not by the clock."""
    code = (
        "import sys\n"
        "from fedrse.app import entry\n"
        "entry.leave_out_rich()\n"
        "import fedrse.app.serve\n"
        "heavy = {'typer', 'pydantic', 'PIL', 'blurhash', 'alembic', 'asyncpg', 'markdown_it',\n"
        "         'fido2', 'segno', 'zxcvbn', 'fedrse.app.console', 'fedrse.app.administration',\n"
        "         'sqlalchemy.dialects.postgresql', 'fedrse.app.cli', 'fedrse.app.demo',\n"
        "         'aiosmtplib', 'babel', 'pytz', 'jinja2', 'multiprocessing', 'xml.sax',\n"
        "         'concurrent.futures.process'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = _python("-c", code, folder=tmp_path)
    assert result.stdout.strip() == "[]", result.stderr


def test_authorities_are_read_when_a_site_asks_others(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "os.environ['SSL_CERT_DIR'] = '/somewhere'\n"
        "os.environ.pop('SSL_CERT_FILE', None)\n"
        "from fedrse.app import entry\n"
        "with entry.no_authorities():\n"
        "    import aiohttp.connector as connector\n"
        "print(len(connector._SSL_CONTEXT_VERIFIED.get_ca_certs()))\n"
        "print(os.environ['SSL_CERT_DIR'], 'SSL_CERT_FILE' in os.environ)\n"
    )
    result = _python("-c", code, folder=tmp_path)
    assert result.stdout.splitlines() == ["0", "/somewhere False"], result.stderr
