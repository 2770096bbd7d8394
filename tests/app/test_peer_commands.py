"""``fedrse peer``, ``fetch`` and ``keys rotate`` against a second site that runs in the test."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typer.testing import Result

from fedrse.app.build import Site, open_site
from fedrse.core.listen import TcpAddress
from fedrse.http.server import HttpServer
from tests.app.conftest import CommandSite, make_site


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def two_sites(folder: Path, template: Path) -> tuple[CommandSite, CommandSite]:
    """Lyon and Nantes on loopback, members of one network; neither runs."""
    ports = {"lyon": free_port(), "nantes": free_port()}
    sites = []
    for name, port in ports.items():
        made = make_site(
            folder / name,
            site={"base_url": f"http://localhost:{port}", "handle_domain": f"{name}.test"},
            network={"members": [f"http://localhost:{other}" for other in ports.values()]},
            outgoing={
                "private_addresses": ["127.0.0.0/8", "localhost"],
                "connect": {
                    f"{other}.test": f"http://127.0.0.1:{number}" for other, number in ports.items()
                },
            },
            federation={"allowed_hosts": [f"{other}.test" for other in ports if other != name]},
            server={"listen": [f"127.0.0.1:{port}"]},
        )
        shutil.copy(template, made.folder / "var" / "fedrse.db")
        sites.append(made)
    return sites[0], sites[1]


@asynccontextmanager
async def serving(site: CommandSite) -> AsyncIterator[Site]:
    """Runs a site on its address."""
    settings = site.settings
    port = int(settings.origin.rpartition(":")[2])
    async with open_site(settings) as opened:
        server = HttpServer(opened.frame, [TcpAddress("127.0.0.1", port)], grace_seconds=1)
        await server.start()
        try:
            yield opened
        finally:
            await server.stop()


async def command(site: CommandSite, *arguments: str) -> Result:
    """Runs a command beside the sites that are served on this loop."""
    return await asyncio.to_thread(site.run, *arguments)


def values(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def host_of(site: CommandSite) -> str:
    return site.settings.host


async def test_peers_are_listed_probed_and_shown(tmp_path: Path, sqlite_template: Path) -> None:
    lyon, nantes = two_sites(tmp_path, sqlite_template)
    listed = values(await command(lyon, "peer", "list", "--json"))
    assert [(peer["host"], peer["standing"]) for peer in listed] == [
        (host_of(nantes), "member"),
        ("nantes.test", "allowed"),
    ]
    assert listed[0]["software"] is None
    down = await command(lyon, "peer", "probe", host_of(nantes))
    assert down.exit_code == 1
    assert host_of(nantes) in down.stderr
    shown = values(await command(lyon, "peer", "show", host_of(nantes), "--json"))
    assert shown["probe_error"]
    async with serving(nantes), serving(lyon):
        probed = values(await command(lyon, "peer", "probe", host_of(nantes), "--json"))
    assert probed["software"] == "fedrse"
    assert probed["instance_actor"] == f"{nantes.settings.origin}/actor"
    shown = values(await command(lyon, "peer", "show", host_of(nantes), "--json"))
    assert shown["software"].startswith("fedrse ")
    assert shown["probe_error"] is None
    table = await command(lyon, "peer", "list")
    assert "member" in table.stdout


async def test_unknown_and_forbidden_peers(tmp_path: Path, sqlite_template: Path) -> None:
    lyon, _ = two_sites(tmp_path, sqlite_template)
    for arguments, reason in (
        (("show", "other.example"), "Nothing is known of other.example"),
        (("probe", "other.example"), "members of its network"),
        (("probe", "not a host"), "white space"),
    ):
        result = await command(lyon, "peer", *arguments)
        assert result.exit_code == 1
        assert reason in result.stderr


async def test_fetching_an_account_and_a_post(tmp_path: Path, sqlite_template: Path) -> None:
    lyon, nantes = two_sites(tmp_path, sqlite_template)
    made = await command(
        nantes, "account", "create", "claire", "--email", "c@nantes.example", "--name", "Claire"
    )
    assert made.exit_code == 0
    async with serving(nantes), serving(lyon):
        found = values(await command(lyon, "fetch", "@claire@nantes.test", "--json"))
        assert (found["type"], found["handle"]) == ("account", "@claire@nantes.test")
        assert found["name"] == "Claire"
        again = values(await command(lyon, "fetch", found["uri"], "--json"))
        assert again["id"] == found["id"]
        missing = await command(lyon, "fetch", "@nobody@nantes.test")
        assert missing.exit_code == 1
        own = await command(lyon, "fetch", "@somebody@lyon.test")
        assert own.exit_code == 1
        assert "of this site" in own.stderr
    nonsense = await command(lyon, "fetch", "nonsense")
    assert nonsense.exit_code == 1


async def test_new_keys_are_used_and_old_ones_remembered(
    tmp_path: Path, sqlite_template: Path
) -> None:
    lyon, nantes = two_sites(tmp_path, sqlite_template)
    await command(nantes, "account", "create", "claire", "--email", "c@nantes.example")
    async with serving(nantes):
        pass
    own = values(await command(nantes, "keys", "rotate", "--json"))
    assert [each["account"] for each in own] == [f"@{host_of(nantes)}@{host_of(nantes)}"]
    assert own[0]["keys"][0].endswith("#main-key-2")
    one = values(await command(nantes, "keys", "rotate", "claire", "--json"))
    assert [each["account"] for each in one] == ["@claire@nantes.test"]
    everybody = values(await command(nantes, "keys", "rotate", "--all", "--json"))
    assert len(everybody) == 2
    assert everybody[0]["keys"][0].endswith("#main-key-3")
    both = await command(nantes, "keys", "rotate", "claire", "--all")
    assert both.exit_code == 2
    unknown = await command(nantes, "keys", "rotate", "nobody")
    assert unknown.exit_code == 1
    async with serving(nantes), serving(lyon):
        # What the rotated site signs and publishes is believed by others.
        probed = values(await command(lyon, "peer", "probe", host_of(nantes), "--json"))
        assert probed["instance_actor"]
        found = values(await command(lyon, "fetch", "@claire@nantes.test", "--json"))
        assert found["type"] == "account"
