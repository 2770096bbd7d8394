"""The browser of the tests itself: nothing that goes wrong in a page is missed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tests.browser.chromium import Chromium, Look, ProtocolFailed, visitor
from tests.browser.test_in_place import becomes

POLICY = "default-src 'self'"


class _Handler(BaseHTTPRequestHandler):
    """A page for each thing that can go wrong."""

    SCRIPTS: ClassVar[dict[str, str]] = {
        "exception": "setTimeout(() => { throw new Error('thrown by a test'); })",
        "promise": "Promise.reject(new Error('thrown by a test'))",
        "error": "console.error('said by a test', 1)",
        "warning": "console.warn('said by a test', 1)",
        "missing": "fetch('/nothing-by-a-test')",
        "worker": "new Worker('/broken.js')",
        "quiet": "console.log('said by a test'); document.title = 'done'",
    }

    def do_GET(self) -> None:
        name = self.path.strip("/").removesuffix(".js")
        body, kind, status = "", "text/javascript", 200
        if self.path == "/broken.js":
            body = "throw new Error('thrown by a test')"
        elif self.path.endswith(".js"):
            body = self.SCRIPTS[name]
        elif self.path == "/inline":
            body, kind = "<script>1</script>", "text/html"
        elif self.path == "/elsewhere":
            body, kind = "<img src='http://127.0.0.1:9/by-a-test.png' alt=''>", "text/html"
        elif name in self.SCRIPTS:
            body, kind = f"<p>Bonjour</p><script src='/{name}.js'></script>", "text/html"
        elif self.path != "/favicon.ico":
            status = 404
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(b"<!doctype html>" * (kind == "text/html") + body.encode())

    def log_message(self, *_words: object) -> None:
        """Nothing is written down."""


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """Where the pages are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("exception", ["exception", "thrown by a test"]),
        ("promise", ["exception", "thrown by a test"]),
        ("error", ["console error", "said by a test 1"]),
        ("warning", ["console warning", "said by a test 1"]),
        ("missing", ["console error", "status of 404", "/nothing-by-a-test"]),
        ("worker", ["exception", "thrown by a test"]),
        ("inline", ["console error", "Content Security Policy", "/inline"]),
        ("inline", ["issue", "ContentSecurityPolicyIssue", "script-src"]),
        ("elsewhere", ["console error", "Content Security Policy", "by-a-test.png"]),
        ("elsewhere", ["issue", "ContentSecurityPolicyIssue", "img-src"]),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0].replace(" ", "-"),
)
async def test_what_goes_wrong_is_noticed(
    chromium: Chromium, pages: str, page: str, words: list[str]
) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(f"{pages}/{page}")

        def noticed() -> bool:
            return any(all(word in one for word in words) for one in tab.problems)

        for _ in range(300):
            if noticed():
                break
            await tab.ask("new Promise((done) => setTimeout(done, 20))")
        assert noticed(), tab.problems


async def test_what_is_in_order_is_no_problem(chromium: Chromium, pages: str) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(f"{pages}/quiet")
        await becomes(tab, "document.title", "done")
        assert tab.problems == []


async def test_a_script_that_fails_says_so(chromium: Chromium, pages: str) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(f"{pages}/quiet")
        with pytest.raises(ProtocolFailed, match="nobody is not defined"):
            await tab.ask("nobody.here")
        with pytest.raises(ProtocolFailed, match=r"No\.such"):
            await tab.call("No.such")


@pytest.mark.parametrize(
    "look", [Look(390, "dark", "fr"), Look(1280), Look(390, scripts=False)], ids=str
)
async def test_visitors_look_as_they_say(chromium: Chromium, pages: str, look: Look) -> None:
    """Size, colours, language, scripts; and nobody finds what another one left."""
    for _ in range(2):
        async with visitor(chromium, look) as tab:
            await tab.open(f"{pages}/quiet")
            assert await tab.ask("document.cookie + localStorage.length") == "0"
            await tab.ask("document.cookie = 'left=1'; localStorage.setItem('left', 1)")
            assert await tab.ask("outerWidth") == look.width
            assert await tab.ask("navigator.language") == look.language
            dark = await tab.ask("matchMedia('(prefers-color-scheme: dark)').matches")
            assert dark == (look.scheme == "dark")
            assert await tab.ask("matchMedia('(prefers-reduced-motion: reduce)').matches")
            assert (await tab.ask("document.title") == "done") is look.scripts
