"""``fedrse doctor``: finds what is wrong and says what to do."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedrse.app.doctor.examine import examine
from fedrse.app.doctor.files import examine_files
from fedrse.app.doctor.findings import Finding, State
from fedrse.core.clock import DAY, SystemClock
from tests.app.conftest import CommandSite, make_site


def found(result: Any, subject: str) -> list[dict[str, str]]:
    return [entry for entry in json.loads(result.stdout) if entry["subject"] == subject]


def states(findings: list[Finding], subject: str) -> list[State]:
    return [finding.state for finding in findings if finding.subject == subject]


def test_a_healthy_site(either_site: CommandSite) -> None:
    made = either_site.run("account", "create", "amina", "--email", "a@b.example")
    assert made.exit_code == 0
    assert either_site.run("account", "role", "amina", "owner").exit_code == 0
    result = either_site.run("doctor", "--offline", "--json")
    assert result.exit_code == 0, result.output
    assert {entry["subject"] for entry in json.loads(result.stdout)} >= {
        "configuration",
        "data folder",
        "secret",
        "database",
        "keys",
    }
    assert [entry for entry in json.loads(result.stdout) if entry["state"] == "problem"] == []
    assert found(result, "people") == []
    table = either_site.run("doctor", "--offline")
    assert "schema" in table.stdout


def test_wrong_settings_are_the_only_finding(site: CommandSite) -> None:
    text = site.configuration.read_text()
    site.configuration.write_text(text.replace('base_url = "https', 'base_url = "gopher'))
    result = site.run("doctor", "--json")
    assert result.exit_code == 1
    (entry,) = json.loads(result.stdout)
    assert entry["state"] == "problem"
    assert "site.base_url" in entry["message"]


def test_missing_things_are_named(site: CommandSite) -> None:
    secret = site.folder / "var" / "secret"
    secret.chmod(0o644)
    result = site.run("doctor", "--offline", "--json")
    assert found(result, "secret")[0]["advice"].startswith("chmod 600")
    secret.unlink()
    assert found(site.run("doctor", "--offline", "--json"), "secret")[0]["state"] == "problem"
    (site.folder / "var" / "fedrse.db").unlink()
    result = site.run("doctor", "--offline", "--json")
    assert result.exit_code == 1
    assert "no database" in found(result, "database")[0]["message"]
    (site.folder / "var" / "fedrse.db").touch()
    result = site.run("doctor", "--offline", "--json")
    assert found(result, "database")[0]["advice"] == "Run `fedrse migrate`."
    shutil.rmtree(site.folder / "var")
    assert found(site.run("doctor", "--offline", "--json"), "data folder")[0]["state"] == "problem"


def test_another_secret_is_noticed(site: CommandSite) -> None:
    assert site.run("account", "create", "amina", "--email", "a@b.example").exit_code == 0
    (site.folder / "var" / "secret").write_text("x" * 64)
    result = site.run("doctor", "--offline", "--json")
    assert result.exit_code == 1
    assert found(result, "keys")[0]["state"] == "problem"


def test_a_damaged_file_is_noticed(site: CommandSite) -> None:
    path = site.folder / "var" / "fedrse.db"
    content = bytearray(path.read_bytes())
    for page in range(20, len(content) // 4096, 2):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    result = site.run("doctor", "--offline", "--json")
    assert result.exit_code == 1
    assert any(entry["state"] == "problem" for entry in found(result, "database"))


def test_failures_in_the_queues_are_warnings(site: CommandSite) -> None:
    from tests.app.test_queue_commands import fill

    site.write(fill)
    result = site.run("doctor", "--offline", "--json")
    assert result.exit_code == 0
    (entry,) = found(result, "queues")
    assert "1 jobs and 1 received messages failed" in entry["message"]


# certificates


def certificate(
    folder: Path, name: str, *, days: float = 100, key_of_another: bool = False
) -> dict[str, str]:
    """A self-signed pair as server settings."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=200))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    if key_of_another:
        key = ec.generate_private_key(ec.SECP256R1())
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"tls_certificate": str(folder / "chain.pem"), "tls_key": str(folder / "key.pem")}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"name": "lyon.corp.example"}, [State.OK]),
        ({"name": "*.corp.example"}, [State.OK]),
        ({"name": "*.example"}, [State.OK, State.PROBLEM]),
        ({"name": "nantes.corp.example"}, [State.OK, State.PROBLEM]),
        ({"name": "lyon.corp.example", "days": 5}, [State.WARNING]),
        ({"name": "lyon.corp.example", "days": -1}, [State.PROBLEM]),
        ({"name": "lyon.corp.example", "key_of_another": True}, [State.PROBLEM]),
    ],
)
def test_certificates(tmp_path: Path, options: dict[str, Any], expected: list[State]) -> None:
    made = make_site(tmp_path / "lyon", server=certificate(tmp_path, **options))
    findings = list(examine_files(made.settings, SystemClock()))
    assert states(findings, "TLS") == expected


def test_without_tls_and_proxy_there_is_a_warning(site: CommandSite, tmp_path: Path) -> None:
    findings = list(examine_files(site.settings, SystemClock()))
    assert states(findings, "TLS") == [State.WARNING]
    behind = make_site(tmp_path / "behind", server={"trusted_proxies": ["127.0.0.1"]})
    assert states(list(examine_files(behind.settings, SystemClock())), "TLS") == []


# network


@asynccontextmanager
async def answering(
    webfinger: dict[str, Any] | None = None, *, drift: int = 0
) -> AsyncIterator[int]:
    """A server on loopback with NodeInfo and perhaps WebFinger; yields its port."""

    async def answer(request: web.Request) -> web.Response:
        moment = datetime.now(UTC) - timedelta(milliseconds=drift)
        headers = {"Date": format_datetime(moment, usegmt=True)}
        if request.path == "/.well-known/nodeinfo":
            return web.json_response({"links": []}, headers=headers)
        if webfinger is not None and request.query.get("resource") == webfinger["subject"]:
            return web.json_response(webfinger, headers=headers)
        return web.Response(status=404, headers=headers)

    runner = web.AppRunner(_application(answer))
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _application(answer: Any) -> web.Application:
    application = web.Application()
    application.router.add_get("/{rest:.*}", answer)
    return application


def local_site(folder: Path, template: Path, port: int, members: list[int]) -> CommandSite:
    """A site on loopback, whose database has one person with a log-in."""
    made = make_site(
        folder,
        site={"base_url": f"http://localhost:{port}", "handle_domain": f"localhost:{port}"},
        network={"members": [f"http://localhost:{member}" for member in members]},
        outgoing={"private_addresses": ["127.0.0.0/8", "localhost"]},
    )
    shutil.copy(template, made.folder / "var" / "fedrse.db")
    return made


async def test_the_site_and_its_peers_answer(tmp_path: Path, sqlite_template: Path) -> None:
    async with answering() as member, answering() as own:
        site = local_site(tmp_path / "lyon", sqlite_template, own, [member])
        findings = await examine(site.configuration)
    assert states(findings, "site") == [State.OK]
    assert states(findings, "peers") == [State.OK]
    assert states(findings, "clock") == [State.OK]
    assert states(findings, "DNS") == [State.OK]
    assert states(findings, "WebFinger") == [State.WARNING]


async def test_webfinger_is_asked_about_somebody(tmp_path: Path, sqlite_template: Path) -> None:
    document: dict[str, Any] = {"subject": "", "links": []}
    async with answering(document) as own:
        site = local_site(tmp_path / "lyon", sqlite_template, own, [])
        made = await asyncio.to_thread(
            site.run, "account", "create", "amina", "--email", "a@b.example", "--json"
        )
        identifier = json.loads(made.stdout)["id"]
        document["subject"] = f"acct:amina@localhost:{own}"
        wrong = await examine(site.configuration)
        uri = f"http://localhost:{own}/ap/u/{identifier}"
        document["links"] = [{"rel": "self", "href": uri}]
        right = await examine(site.configuration)
    assert states(wrong, "WebFinger") == [State.PROBLEM]
    assert states(right, "WebFinger") == [State.OK]
    assert states(right, "peers") == [State.WARNING]


async def test_peers_that_do_not_answer_and_a_wrong_clock(
    tmp_path: Path, sqlite_template: Path
) -> None:
    late = 2 * DAY
    async with answering(drift=late) as one, answering(drift=late) as two, answering() as own:
        async with answering() as gone:
            pass
        site = local_site(tmp_path / "lyon", sqlite_template, own, [one, two, gone])
        findings = await examine(site.configuration)
    assert sorted(states(findings, "peers")) == [State.OK, State.OK, State.PROBLEM]
    assert states(findings, "clock") == [State.PROBLEM]
    (clock,) = [finding for finding in findings if finding.subject == "clock"]
    assert "ahead of peers" in clock.message


async def test_a_site_that_is_not_running(tmp_path: Path, sqlite_template: Path) -> None:
    async with answering() as own:
        pass
    site = local_site(tmp_path / "lyon", sqlite_template, own, [])
    findings = await examine(site.configuration)
    assert states(findings, "site") == [State.PROBLEM]
    result = await asyncio.to_thread(site.run, "doctor")
    assert result.exit_code == 1
