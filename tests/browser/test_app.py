"""An app in a browser, made with the library under Elk and Phanpy, from an address of its own.

What only a browser enforces is tried here: which answers other origins may read (CORS), where a
form may lead (CSP), WebSockets with the token as their protocol, pictures in foreign pages.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import Chromium, Look, ProtocolFailed, Tab, visitor
from tests.browser.conftest import Scene
from tests.clients.scripts import SOURCE
from tests.clients.stage import picture
from tests.sites.npm import install
from tests.sites.person import PASSWORD
from tests.sites.waiting import PATIENCE

APP = Path(__file__).parent / "app"


class _Handler(SimpleHTTPRequestHandler):
    """Files of the app, and below ``/node_modules/`` those of the packages."""

    packages: Path
    extensions_map = {  # noqa: RUF012  (as in the class above)
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".html": "text/html",
    }

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        folder = self.packages if plain.startswith("/node_modules/") else APP
        return str(folder / (plain.lstrip("/") or "index.html"))

    def log_message(self, *_arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    """The address of the app."""
    handler = type("Handler", (_Handler,), {"packages": install(SOURCE)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def shows(tab: Tab, condition: str) -> None:
    """Waits until an expression is true in the page, whatever page that is by then."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ProtocolFailed):  # asked on the way to another page
                if await tab.ask(f"Boolean({condition})"):
                    return
            await asyncio.sleep(0.05)


async def test_an_app_from_another_origin(
    chromium: Chromium, scene: Scene, app: str, tmp_path: Path
) -> None:
    reader = scene.readers["en"]
    site = scene.site.base_url
    async with visitor(chromium, Look()) as tab:
        await tab.open(f"{app}/?site={site}")
        await shows(tab, "document.activeElement.textContent === 'Sign in'")
        await tab.press("Enter")
        await shows(
            tab, f"location.origin === {json.dumps(site)} && document.querySelector('#name')"
        )
        await tab.ask("document.querySelector('#name').focus()")
        await tab.type(reader.username)
        await tab.press("Tab")
        await tab.type(PASSWORD)
        await tab.press("Enter")
        await shows(tab, "document.querySelector('button[value=allow]')")
        await tab.ask("document.querySelector('button[value=allow]').focus()")
        await tab.press("Enter")
        await shows(tab, f"location.origin === {json.dumps(app)}")
        await shows(tab, f"document.title === {json.dumps(reader.username)}")
        await shows(tab, "document.querySelector('ol').dataset.pages >= 3")
        home = await tab.ask("[...document.querySelectorAll('li')].map(one => one.dataset.uri)")
        assert home == [status["uri"] for status in reader.home()], "all pages, each post once"
        # A picture of another site, through this one.
        await shows(tab, "[...document.images].some(one => one.alt === 'A red ship')")
        await shows(tab, "[...document.images].every(one => one.complete && one.naturalWidth > 0)")
        await _choose(tab, picture(tmp_path / "square.png"))
        await tab.ask("document.querySelector('textarea').value = 'From a browser'")
        await tab.ask("document.querySelector('button').click()")
        await shows(tab, "document.querySelector('li').innerText.includes('From a browser')")
        post = reader.home()[0]
        assert post["application"]["name"] == "App in a browser"
        assert post["media_attachments"][0]["description"] == "A picture"
        reader.delete(post)
        await shows(tab, f"document.querySelector('ol').dataset.gone === {json.dumps(post['id'])}")
        assert tab.problems == []


async def _choose(tab: Tab, file: Path) -> None:
    """Puts a file into the form, as if it had been chosen."""
    data = base64.b64encode(file.read_bytes()).decode()
    await tab.ask(
        "(() => { const chosen = new DataTransfer();"
        f" const bytes = Uint8Array.from(atob({json.dumps(data)}), one => one.charCodeAt(0));"
        " chosen.items.add(new File([bytes], 'square.png', { type: 'image/png' }));"
        " document.querySelector('[type=file]').files = chosen.files; })()"
    )
