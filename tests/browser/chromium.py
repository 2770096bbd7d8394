"""Chromium for tests: the one that the system has, driven by Playwright (https://playwright.dev).

One browser for all tests, a fresh context (cookies, cache, storage) for each visitor, and all that
goes wrong in a page is remembered. What Playwright has not is asked of Chromium itself
(``Tab.call``: https://chromedevtools.github.io).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self

from playwright.async_api import (
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Error,
    Page,
    async_playwright,
)

START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: tests may run as root. Nothing is looked up or reported anywhere.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def _program() -> str:
    wanted = os.environ.get("CHROMIUM")
    names = (wanted, *NAMES) if wanted else NAMES
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        raise AssertionError(
            "Chromium is missing, so no page was tried in a browser: install it (on Debian:"
            " apt-get install chromium) or name it in the variable CHROMIUM."
        )
    return program


class Chromium:
    """A running browser; whoever uses it lives in the event loop that started it."""

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            # What browsers leave in the folder of whoever starts them goes with it.
            home = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="fedrse-chromium-", ignore_cleanup_errors=True)
            )
            playwright = await stack.enter_async_context(async_playwright())
            self.browser = await playwright.chromium.launch(
                executable_path=_program(),
                args=OPTIONS,
                env={**os.environ, "HOME": home},
                timeout=START_SECONDS * 1000,
            )
            stack.push_async_callback(self.browser.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()


class ProtocolFailed(AssertionError):
    """Chromium refused a command, or a script in the page failed."""


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

    def context(self) -> dict[str, Any]:
        """The same as Playwright says it."""
        return {
            "viewport": {"width": self.width, "height": 800},
            "device_scale_factor": 1,
            "is_mobile": self.width < 600,
            "color_scheme": self.scheme,
            "reduced_motion": "reduce",
            "locale": self.language,
            "java_script_enabled": self.scripts,
        }


# How flows are looked at: each width and language once; ``make soak`` has each with each.
FLOWS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("light", "dark", "light", "dark"),
        strict=True,
    )
    if os.environ.get("FEDRSE_SOAK") or (width == 390) is (language == "fr")
]


class Tab:
    """A page in a context of its own; ``problems`` is everything that went wrong in it.

    ``page`` and ``context`` are Playwright's.
    """

    def __init__(self, context: BrowserContext, page: Page, protocol: CDPSession) -> None:
        self.context = context
        self.page = page
        self.problems: list[str] = []
        self._protocol = protocol

    async def listen(self) -> None:
        """Remembers everything that goes wrong from now on."""
        self.page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        self.page.on("crash", lambda _page: self.problems.append("the page crashed"))
        self.page.on("console", self._said)
        self._protocol.on("Log.entryAdded", self._logged)
        self._protocol.on(
            "Audits.issueAdded", lambda event: self.problems.append(f"issue: {event['issue']}")
        )
        for domain in ("Page", "Log", "Network", "Audits"):
            await self.call(f"{domain}.enable")

    def _said(self, message: ConsoleMessage) -> None:
        """What scripts say, and what Chromium says about the network and the policy."""
        if message.type in {"error", "warning"}:
            address = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} {address}")

    def _logged(self, event: dict[str, Any]) -> None:
        """What workers do wrong is not on the console of the page."""
        entry = event["entry"]
        if entry["source"] == "worker" and entry["level"] in {"error", "warning"}:
            self.problems.append(f"worker: {entry['text']} {entry.get('url', '')}")

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a command of Chromium's protocol to this page. Raises ProtocolFailed."""
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                return await self._protocol.send(method, parameters)
            except Error as error:
                raise ProtocolFailed(f"{method}: {error}") from error

    async def open(self, address: str) -> None:
        """Goes to an address and waits until everything of the page is there."""
        await self.page.goto(address)

    @contextlib.asynccontextmanager
    async def loading(self) -> AsyncIterator[None]:
        """What happens inside leads to another page; waits until that is there."""
        async with self.page.expect_event("load"):
            yield

    async def ask(self, script: str) -> Any:
        """The value of an expression in the page. Raises ProtocolFailed."""
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                return await self.page.evaluate(script)
            except Error as error:
                raise ProtocolFailed(f"{error} in {script[:200]}") from error

    async def press(self, key: str, *, shift: bool = False) -> None:
        """A key, as a person presses it: ``Tab``, ``Enter``, ``Control+k``."""
        await self.page.keyboard.press(f"Shift+{key}" if shift else key)

    async def type(self, text: str) -> None:
        """Text into what has the focus."""
        await self.page.keyboard.insert_text(text)


@contextlib.asynccontextmanager
async def visitor(chromium: Chromium, look: Look, **options: Any) -> AsyncIterator[Tab]:
    """Somebody new with an empty browser; ``options`` are Playwright's of a context."""
    context = await chromium.browser.new_context(**{**look.context(), **options})
    try:
        context.set_default_timeout(ANSWER_SECONDS * 1000)
        page = await context.new_page()
        tab = Tab(context, page, await context.new_cdp_session(page))
        await tab.listen()
        yield tab
    finally:
        await context.close()
