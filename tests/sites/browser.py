"""A browser without scripts: keeps cookies, follows redirects, fills forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from tests.sites.web import Answer, form, request


@dataclass
class Form:
    """A form of a page: where it goes and what is in it; buttons are not.

    A button that says itself where it goes is a form of its own, with the fields of its form.
    """

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.inputs: list[dict[str, str]] = []
        self.links: list[str] = []
        self._inside = False
        self._named: dict[str, Form] = {}
        self._buttons: list[tuple[str, str]] = []
        self.feed(html)
        for name, action in self._buttons:
            found = self._named[name]
            self.forms.append(Form(action, found.method, found.values))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
            self._inside = True
            self._named[found.get("id", "")] = self.forms[-1]
        elif tag == "button" and "formaction" in found:
            self._buttons.append((found["form"], found["formaction"]))
        elif tag == "input":
            self.inputs.append(found)
            if self._inside and "name" in found:
                self.forms[-1].values[found["name"]] = found.get("value", "")
        elif tag == "a":
            self.links.append(found.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Browser:
    """One person's browser on one site."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.cookies: dict[str, str] = {}
        self.address = base_url
        self.html = ""

    def open(self, address: str) -> Answer:
        return self._go("GET", address, None)

    def submit(self, chosen: Form, **values: str) -> Answer:
        """Sends a form of the current page with what was typed and the button pressed."""
        return self._go(chosen.method.upper(), chosen.action, chosen.values | values)

    @property
    def forms(self) -> list[Form]:
        """All forms of the current page."""
        return _Page(self.html).forms

    def form(self, *fields: str) -> Form:
        """The form of the current page that has these fields."""
        for found in _Page(self.html).forms:
            if set(fields) <= set(found.values):
                return found
        raise AssertionError(f"no form with {fields} at {self.address}: {self.html[-900:]}")

    def value_of(self, identifier: str) -> str:
        """The value of the input with this id."""
        found = [item for item in _Page(self.html).inputs if item.get("id") == identifier]
        assert found, self.html[-900:]
        return found[0]["value"]

    def _go(self, method: str, address: str, data: dict[str, str] | None) -> Answer:
        for _ in range(6):
            self.address = urljoin(self.address, address)
            assert self.address.startswith(self.base_url), f"{self.address} is another site"
            answer = self._ask(method, data)
            if answer.status not in {301, 302, 303, 307}:
                self.html = answer.text
                return answer
            method, data, address = "GET", None, answer.headers["location"]
        raise AssertionError(f"too many redirects to {self.address}")

    def _ask(self, method: str, data: dict[str, str] | None) -> Answer:
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if data is not None:
            headers["Content-Type"], body = form(data)
            headers["Origin"] = self.base_url
        answer = request(self.address, method=method, headers=headers, body=body)
        for cookie in answer.headers.get("set-cookie", "").split(", "):
            name, equals, value = cookie.partition(";")[0].partition("=")
            if equals and " " not in name:
                self.cookies[name] = value
        return answer
