"""A browser without a screen."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.features.access.conftest import PASSWORD, RunningSite


class Browser:
    """Keeps cookies, fills forms; follows redirects only where it is told to."""

    def __init__(self, site: RunningSite, language: str = "en") -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.language = language
        self.status = 0
        self.text = ""
        self.headers: Any = {}

    async def open(self, path: str, method: str = "GET", **options: Any) -> str:
        headers = {
            "Accept": "text/html",
            "Accept-Language": self.language,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **options.pop("headers", {}),
        }
        self.status, self.headers, self.text = await self.site.call(
            method, path, headers=headers, **options
        )
        for cookie in self.headers.getall("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return self.text

    @property
    def location(self) -> str:
        return str(self.headers["Location"])

    def fields(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: html.unescape(value) for name, value in found}

    @property
    def action(self) -> str:
        match = re.search(r'<form[^>]* action="([^"]+)"', self.text)
        assert match, self.text
        return html.unescape(match[1])

    async def submit(self, **values: str) -> None:
        """Sends the form of the page with its hidden fields."""
        origin = {"Origin": "https://lyon.corp.example", "Sec-Fetch-Site": "same-origin"}
        await self.open(self.action, "POST", data={**self.fields(), **values}, headers=origin)

    async def sign_in(self, name: str = "amina", password: str = PASSWORD) -> None:
        await self.submit(name=name, password=password)

    def form_targets(self) -> list[str]:
        policy = self.headers["Content-Security-Policy"]
        (directive,) = [part for part in policy.split("; ") if part.startswith("form-action")]
        return list(directive.split()[1:])
