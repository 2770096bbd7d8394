"""Where apps are tried: two sites of one network, and what an app meets around them.

A web page that posts link to, a push service that can decrypt, people who are announced things.
"""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image

from fedrse.app import announce
from tests.features.push.receiver import PushService, push_service
from tests.sites.browser import Browser
from tests.sites.group import make_group
from tests.sites.person import PASSWORD, Person
from tests.sites.site import Site
from tests.sites.streams import loop_in_thread
from tests.sites.waiting import until

OPERATIONS = 40  # that every app has to do at least
PAGE = b"""<!doctype html><html lang="en"><head><title>A page</title>
<meta property="og:title" content="The harbour">
<meta property="og:description" content="Ships come and go">
<meta property="og:site_name" content="Harbour news"></head><body>Hello</body></html>"""


class Steps:
    """The operations that an app has done, each counted once and only when all of it was right."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        assert name not in self.done, f"{name} is counted already"
        yield
        self.done.append(name)


@dataclass
class Stage:
    """Two sites that talk to each other, a page and a push service."""

    lyon: Site
    nantes: Site
    page: str
    push: PushService

    def trends_are_counted(self, site: Site) -> None:
        """As if half an hour had passed."""
        site.settled()  # cards are fetched
        sql = "UPDATE job SET due_at = {} WHERE kind = 'trends.count'"
        now = int(time.time() * 1000)
        site.execute(sql.format(now))
        until(lambda: site.value("SELECT due_at FROM job WHERE kind = 'trends.count'") > now)

    def announce(self, site: Site, text: str) -> str:
        """Announces something to everybody; returns the id."""
        made = asyncio.run(
            announce.create(site.settings, text, starts=None, ends=None, all_day=False)
        )
        return str(made["id"])


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_arguments: Any) -> None:
        """Nobody reads it."""


@contextmanager
def _page() -> Iterator[str]:
    """A web site with one page; the value is its host."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _push() -> Iterator[PushService]:
    with loop_in_thread() as loop:
        stack = AsyncExitStack()

        def run(work: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(work, loop).result(20)

        try:
            yield run(stack.enter_async_context(push_service()))
        finally:
            run(stack.aclose())


@contextmanager
def open_stage(folder: Path, postgres: str | None) -> Iterator[Stage]:
    """Starts everything; ``postgres`` is the server for the databases, None for SQLite."""
    with _page() as page, _push() as push:
        extra = {
            "federation": {"allowed_hosts": [page]},
            "outgoing": {"private_addresses": [page, "127.0.0.0/8"]},
            "push": {"allowed_hosts": ["127.0.0.1"]},
            "site": {"contact_email": "admin@lyon.test"},
        }
        made = make_group(folder, 2, postgres=postgres, extra=extra)
        try:
            yield Stage(made[0], made[1], f"http://{page}/news/1", push)
        finally:
            made.stop()


def allow(person: Person, address: str) -> str:
    """Signs in on the real pages and allows access; returns the code that is shown."""
    browser = Browser(person.site.base_url)
    browser.open(address)
    browser.submit(browser.form("password"), name=person.email, password=PASSWORD)
    browser.submit(browser.form("client_id"), decision="allow")
    return browser.value_of("code")


def picture(path: Path, colour: tuple[int, int, int] = (180, 40, 90)) -> Path:
    """A small PNG."""
    data = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(data, "PNG")
    path.write_bytes(data.getvalue())
    return path
