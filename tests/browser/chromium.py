"""Chromium for tests, driven over its DevTools protocol (https://chromedevtools.github.io).

No driver program in between: one process, a fresh context (cookies, cache) for each visitor, and
everything that goes wrong in a page is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: tests may run as root. Nothing is looked up or reported anywhere.
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)


class Chromium:
    """A running browser; ``address`` is where its protocol listens."""

    def __init__(self) -> None:
        self.address = ""
        self._folder = Path(tempfile.mkdtemp(prefix="fedrse-chromium-"))

    def __enter__(self) -> Self:
        wanted = os.environ.get("CHROMIUM")
        names = (wanted, *NAMES) if wanted else NAMES
        program = next((found for name in names if (found := shutil.which(name))), None)
        if program is None:
            raise AssertionError(
                "Chromium is missing, so no page was tried in a browser: install it (on Debian:"
                " apt-get install chromium) or name it in the variable CHROMIUM."
            )
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, *OPTIONS, f"--user-data-dir={self._folder}", "about:blank"],
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(self._folder)},
                start_new_session=True,
            )
        port_file = self._folder / "DevToolsActivePort"
        deadline = time.monotonic() + START_SECONDS
        while not (port_file.exists() and "\n" in (written := port_file.read_text())):
            if self._process.poll() is not None or time.monotonic() > deadline:
                log_text = (self._folder / "log").read_text(errors="replace")
                raise AssertionError(f"Chromium did not start:\n{log_text[-3000:]}")
            time.sleep(0.05)
        port, path = written.split("\n")[:2]
        self.address = f"ws://127.0.0.1:{port}{path}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class ProtocolFailed(AssertionError):
    """Chromium refused a command, or a script in the page failed."""


class Connection:
    """Commands and events of one browser; sessions share it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.tabs: dict[str, Tab] = {}

    async def read(self) -> None:
        """Hands out answers and events until the connection ends."""
        async for message in self._socket:
            data = json.loads(message.data)
            future = self._waiting.pop(data.get("id", 0), None)
            if future is not None:
                if not future.done():
                    future.set_result(data)
            elif (tab := self.tabs.get(data.get("sessionId", ""))) is not None:
                tab.happened(data["method"], data["params"])

    async def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """The result of a command. Raises ProtocolFailed."""
        self._last += 1
        future = self._waiting[self._last] = asyncio.get_running_loop().create_future()
        command = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        await self._socket.send_json(command)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await future
        if "error" in answer:
            raise ProtocolFailed(f"{method}: {answer['error']}")
        return answer["result"]


@dataclass(frozen=True)
class Look:
    """How a visitor looks at the site."""

    width: int = 1280
    scheme: str = "light"
    language: str = "en"
    scripts: bool = True

    def __str__(self) -> str:
        words = [str(self.width), self.scheme, self.language]
        return "-".join(words if self.scripts else [*words, "no-script"])


class Tab:
    """A page in a context of its own; ``problems`` is everything that went wrong in it."""

    def __init__(self, connection: Connection, session: str) -> None:
        self.problems: list[str] = []
        self._connection = connection
        self._session = session
        self._loads = 0
        self._loaded = asyncio.Event()

    def happened(self, method: str, parameters: dict[str, Any]) -> None:
        """An event of the page."""
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.problems.append(f"exception: {parameters['exceptionDetails']}")
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning"}:
            self.problems.append(f"console: {parameters['args']}")
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            entry = parameters["entry"]
            self.problems.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Audits.issueAdded":
            self.problems.append(f"issue: {parameters['issue']}")

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a command to this page."""
        return await self._connection.call(method, self._session, **parameters)

    async def prepare(self, look: Look) -> None:
        """Reports everything from now on, and shows pages as ``look`` says."""
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            await self.call(f"{domain}.enable")
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=look.width,
            height=800,
            deviceScaleFactor=1,
            mobile=look.width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": look.scheme}]
        features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        await self.call("Emulation.setEmulatedMedia", features=features)
        await self.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": look.language})
        await self.call("Emulation.setScriptExecutionDisabled", value=not look.scripts)

    async def open(self, address: str) -> None:
        """Goes to an address and waits until everything of the page is there."""
        async with self.loading():
            result = await self.call("Page.navigate", url=address)
            assert not result.get("errorText"), f"{address}: {result}"

    @contextlib.asynccontextmanager
    async def loading(self) -> AsyncIterator[None]:
        """What happens inside leads to another page; waits until that is there."""
        self._loaded.clear()
        yield
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._loaded.wait()

    async def ask(self, script: str) -> Any:
        """The value of an expression in the page. Raises ProtocolFailed."""
        result = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise ProtocolFailed(str(result["exceptionDetails"]))
        return result["result"].get("value")

    async def press(self, key: str, *, shift: bool = False) -> None:
        """A key, as a person presses it: ``Tab``, ``Enter``."""
        codes = {
            "Tab": (9, ""),
            "Enter": (13, "\r"),
            "Escape": (27, ""),
            "ArrowUp": (38, ""),
            "ArrowDown": (40, ""),
        }
        code, text = codes[key]
        common = {
            "key": key,
            "code": key,
            "windowsVirtualKeyCode": code,
            "modifiers": 8 if shift else 0,
        }
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    async def type(self, text: str) -> None:
        """Text into what has the focus."""
        await self.call("Input.insertText", text=text)


@contextlib.asynccontextmanager
async def visitor(chromium: Chromium, look: Look) -> AsyncIterator[Tab]:
    """Somebody new with an empty browser."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(chromium.address, max_msg_size=0) as socket,
    ):
        connection = Connection(socket)
        reading = asyncio.create_task(connection.read())
        context = (await connection.call("Target.createBrowserContext"))["browserContextId"]
        target = await connection.call(
            "Target.createTarget", url="about:blank", browserContextId=context
        )
        attached = await connection.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        tab = Tab(connection, attached["sessionId"])
        connection.tabs[attached["sessionId"]] = tab
        try:
            await tab.prepare(look)
            yield tab
        finally:
            await connection.call("Target.disposeBrowserContext", browserContextId=context)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
