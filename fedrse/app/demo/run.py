"""``fedrse demo``: prepares three sites, starts them, lets people act, shows what arrived."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import aiohttp
from rich.console import Console
from rich.table import Table

from fedrse.app.demo.certificates import make_certificates
from fedrse.app.demo.client import ApiClient, ApiFailed
from fedrse.app.demo.group import Group, load_group
from fedrse.app.demo.sites import (
    DemoSite,
    SiteFailed,
    SiteProcess,
    plan_sites,
    write_configuration,
)
from fedrse.app.demo.story import NotArrived, Story
from fedrse.app.demo.verify import verify

PASSWORD = "alméa-démo-2026"  # noqa: S105  (of invented people on loopback)


class Demo:
    """One run of the demo in a folder."""

    def __init__(self, folder: Path, *, tls: bool, any_port: bool, console: Console) -> None:
        self.folder = folder
        self.group: Group = load_group()
        self.console = console
        self.tls = folder / "tls" if tls else None
        self.sites = plan_sites(
            self.group, folder, any_port=any_port, scheme="https" if tls else "http"
        )
        self.tokens: dict[str, str] = {}
        self.times: dict[str, float] = {}
        self._stack = AsyncExitStack()
        self.processes = [SiteProcess(site) for site in self.sites]

    @property
    def finished(self) -> Path:
        """Marks data on which the story has been told."""
        return self.folder / "finished.json"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.gather(*(process.stop() for process in self.processes))
        await self._stack.aclose()

    async def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        with self.console.status(name):
            result = await work()
        self.times[name] = round(time.perf_counter() - start, 2)
        return result

    async def prepare(self) -> None:
        """Configuration, accounts and tokens; does nothing on data that is ready."""
        if self.finished.exists():
            return
        if self.tls is not None:
            make_certificates(self.tls, [site.about.domain for site in self.sites])
        for site in self.sites:
            # What an interrupted run left behind is half a story: begin anew.
            shutil.rmtree(site.folder, ignore_errors=True)
            write_configuration(site, self.sites, self.tls)
        await self._timed("creating people", self._create_people)

    async def _create_people(self) -> None:
        await asyncio.gather(*(self._people_of(site) for site in self.sites))

    async def _people_of(self, site: DemoSite) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fedrse.app.demo.people",
            str(site.configuration),
            site.about.key,
            PASSWORD,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise SiteFailed(f"The people of {site.about.name} could not be created")
        tokens: dict[str, str] = json.loads(output)
        self.tokens |= {f"{name}@{site.about.domain}": token for name, token in tokens.items()}

    async def start(self) -> None:
        """Starts the three processes and waits for their first answers."""

        async def all_sites() -> None:
            await asyncio.gather(*(process.start() for process in self.processes))

        await self._timed("starting sites", all_sites)

    async def act(self) -> dict[str, dict[str, int]]:
        """Tells the story if it has not been told, waits until it has arrived everywhere."""
        if self.finished.exists():
            counts: dict[str, dict[str, int]] = json.loads(self.finished.read_text())
            return counts
        context: ssl.SSLContext | bool = True
        if self.tls is not None:
            context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
        )
        story = Story(
            group=self.group,
            clients={site.about.domain: ApiClient(site.base_url, session) for site in self.sites},
            tokens=self.tokens,
            progress=lambda step: self.console.print(f"[dim]…[/dim] {step}"),
        )
        await self._timed("people act", story.tell)
        found: dict[str, dict[str, int]] = await self._timed(
            "waiting until all has arrived", lambda: verify(story)
        )
        self.finished.write_text(json.dumps(found))
        return found

    def show(self, counts: dict[str, dict[str, int]]) -> None:
        """The table of addresses, log-ins and what has federated."""
        table = Table(title=self.group.name)
        for heading in ("Site", "Address", "Log in as", "Shows"):
            table.add_column(heading, no_wrap=heading != "Shows")
        for site in self.sites:
            admin = next(item for item in self.group.people[site.about.key] if item.admin)
            shown = counts[site.about.domain]
            login = f"{admin.username}\n[dim]@{site.about.domain}[/dim]"
            table.add_row(site.about.name, site.base_url, login, _sentence(shown))
        self.console.print(table)
        self.console.print(f"Password of everybody: [bold]{PASSWORD}[/bold]", highlight=False)
        self.console.print(
            "All three sites show the same posts, replies, likes and shares: they exchanged them"
            " as signed ActivityPub messages."
        )
        if self.tls is not None:
            self.console.print(
                f"The certificates are signed by {self.tls / 'ca.pem'}: import it in your browser"
                " as an authority, or start it with SSL_CERT_FILE pointing there."
            )

    async def stay(self) -> None:
        """Stays up until a process ends or Ctrl-C."""
        self.console.print("Ctrl-C stops the demo; the next start continues with the same data.")
        ended = [asyncio.ensure_future(process.ended()) for process in self.processes]
        await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        raise SiteFailed("A site has ended; see site.log in its folder")


async def run_demo(folder: Path, *, tls: bool, console: Console) -> None:
    """The demo for people: stays up until Ctrl-C. Raises SiteFailed or NotArrived."""
    task = asyncio.current_task()
    if task is not None:
        # Stopping the demo stops its sites, however it is stopped.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with Demo(folder, tls=tls, any_port=False, console=console) as demo:
        await demo.prepare()
        await demo.start()
        demo.show(await demo.act())
        await demo.stay()


async def check_demo(folder: Path, *, tls: bool) -> dict[str, Any]:
    """The demo for scripts: on free ports, verified, ends. The result is one JSON object."""
    console = Console(stderr=True)
    start = time.perf_counter()
    result: dict[str, Any] = {"ok": False}
    async with Demo(folder, tls=tls, any_port=True, console=console) as demo:
        try:
            await demo.prepare()
            await demo.start()
            result["sites"] = await demo.act()
            result["ok"] = True
        except (SiteFailed, NotArrived, ApiFailed, ExceptionGroup) as error:
            result["error"] = _plain(error)
            result["logs"] = {
                process.site.about.key: process.last_words()[-1000:]
                for process in demo.processes
                if process.site.log.exists()
            }
        result["people"] = len(demo.group.handles())
        result["times"] = demo.times
    result["seconds"] = round(time.perf_counter() - start, 2)
    return result


def _sentence(shown: dict[str, int]) -> str:
    names = ("posts", "replies", "likes", "shares", "follows")
    return ", ".join(f"{shown[name]} {name}" for name in names)


def _plain(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_plain(inner) for inner in error.exceptions)
    return f"{type(error).__name__}: {error}"
