"""Prepares the sites of the demo: ports, configuration files, processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
from msgspec import Struct

from fedrse.app.demo.group import Group, SiteOfGroup
from fedrse.core.settings_reference import render_commented_toml

START_SECONDS = 30.0
STOP_SECONDS = 15.0


class SiteFailed(Exception):
    """A site did not start; the message has the end of its log."""


class DemoSite(Struct, frozen=True):
    """A site of the demo and where it lives."""

    about: SiteOfGroup
    port: int
    folder: Path
    scheme: str = "http"

    @property
    def base_url(self) -> str:
        """``http://localhost:8401``."""
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def configuration(self) -> Path:
        """The site's ``fedrse.toml``."""
        return self.folder / "fedrse.toml"

    @property
    def log(self) -> Path:
        """What the process of the site says."""
        return self.folder / "site.log"


def plan_sites(group: Group, folder: Path, *, any_port: bool, scheme: str) -> list[DemoSite]:
    """Decides ports: those of an earlier start, else the wished or the next free ones.

    Ids contain the port, so data that exists keeps it for ever.
    """
    taken: set[int] = set()
    sites = []
    for about in group.sites:
        home = folder / about.key
        port = _port_of(home)
        if port is None:
            port = _free_port(0 if any_port else about.port, taken)
        taken.add(port)
        sites.append(DemoSite(about=about, port=port, folder=home, scheme=scheme))
    return sites


def _port_of(home: Path) -> int | None:
    try:
        return int((home / "port").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _free_port(wished: int, taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wished))
            except OSError:
                wished += 1
                continue
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
        wished += 1


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def write_configuration(site: DemoSite, sites: list[DemoSite], tls: Path | None) -> None:
    """Writes the site's ``fedrse.toml``: the others are members, reached on loopback."""
    site.folder.mkdir(parents=True, exist_ok=True)
    others = [other for other in sites if other is not site]
    about = site.about
    values: dict[str, dict[str, object]] = {
        "site": {
            "base_url": site.base_url,
            "handle_domain": about.domain,
            "name": about.name,
            "description": about.description,
            "language": about.language,
        },
        "server": {"listen": [f"127.0.0.1:{site.port}"]},
        "storage": {"data": "."},
        # Handles are looked up at their own domains, which are not those of the sites here.
        "federation": {"allowed_hosts": [other.about.domain for other in others]},
        "network": {"members": [other.base_url for other in others]},
        "outgoing": {
            "private_addresses": ["127.0.0.0/8", "localhost"],
            "connect": {
                other.about.domain: f"{site.scheme}://127.0.0.1:{other.port}" for other in sites
            },
        },
        "limits": {"enabled": False},
        "log": {"level": "warning"},
    }
    if tls is not None:
        # Paths of a configuration start at its own folder, wherever the demo is moved to.
        certificates = Path(os.path.relpath(tls, site.folder))
        values["server"] |= {
            "tls_certificate": str(certificates / "localhost.pem"),
            "tls_key": str(certificates / "localhost.key"),
        }
        values["outgoing"]["ca_bundle"] = str(certificates / "ca.pem")
    site.configuration.write_text(render_commented_toml(values), encoding="utf-8")
    (site.folder / "port").write_text(str(site.port))


class SiteProcess:
    """``fedrse serve`` for one site."""

    def __init__(self, site: DemoSite) -> None:
        self.site = site
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts and waits for the first answer. Raises SiteFailed."""
        if _is_taken(self.site.port):
            raise SiteFailed(
                f"Port {self.site.port} is in use: is the demo running already?"
                " Its sites cannot change their ports, which are part of their ids."
            )
        with self.site.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "fedrse",
                "--config",
                str(self.site.configuration),
                "serve",
                stdout=log,
                stderr=log,
                env=_clean_environment(),
                start_new_session=True,
            )
        await self._answer()

    async def _answer(self) -> None:
        assert self._process is not None  # noqa: S101  (started above)
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        connector = aiohttp.TCPConnector(ssl=False)  # loopback, our own process
        async with aiohttp.ClientSession(connector=connector) as session:
            while asyncio.get_running_loop().time() < deadline:
                if self._process.returncode is not None:
                    break
                try:
                    async with session.get(f"{self.site.base_url}/health/ready") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise SiteFailed(f"{self.site.about.name} did not start:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of the log."""
        return self.site.log.read_text(errors="replace")[-3000:]

    async def ended(self) -> None:
        """Returns when the process ends by itself."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """Asks the process to stop and waits for it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def _clean_environment() -> dict[str, str]:
    """Settings of the caller must not reach the demo."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FEDRSE_")}
