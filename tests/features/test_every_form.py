"""Every form: what cannot be taken is said at the form, and what was typed is still there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

import pytest

from fedrse.http.routes import Auth, Surface
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite

TYPED = ("text", "search", "url", "email", "tel", "number", "date", "datetime-local", "")
SAID = re.compile(r'class="field-error"|notice-danger|role="alert"')
LONG = "<b>&" + "x" * 9_000
STRANGE = ("\u202e\u2066", "-1", "9" * 40, "1' OR '1'='1", "\U0001f600" * 3)
# Where a text is a question, an answer is a page; signing out ends the test.
NOT_TRIED = {"/logout", "/search", "/auth/sign_in"}


@dataclass
class Form:
    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    typed: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """The forms of a page that are sent, with the values that stand in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") == "post":
            self._form = Form(given.get("action", ""))
            self.found.append(self._form)
        form, name = self._form, given.get("name", "")
        if form is None:
            return
        if tag == "input" and name:
            kind = given.get("type", "")
            if kind in TYPED and given.get("autocomplete") != "username":
                form.typed.add(name)
                form.values.append((name, given.get("value", "")))
            elif kind == "hidden" or "checked" in given:
                form.values.append((name, given.get("value", "on")))
        elif tag == "textarea" and name:
            form.typed.add(name)
            form.values.append((name, ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            form.values.append((self._select, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


async def pages(whole: WholeSite, browser: Visitor) -> dict[str, str]:
    """All pages without variables, and those about a post, a message and a person."""
    bruno = await whole.person("bruno")
    post = await browser.person.post("/api/v1/statuses", status="Mine")
    chat = await browser.sent("/messages/new", to=bruno.id, text="Hello", key="k1")
    made = await browser.person.post("/api/v1/lists", title="Mine")
    paths = [
        route.path
        for route in whole.site.frame.routes
        if route.surface is Surface.PAGE
        and route.method == "GET"
        and route.auth is Auth.USER
        and "{" not in route.path
        and not route.stream
    ]
    paths += [chat.partition("#")[0], f"/@{bruno.account.username}", f"/lists/{made['id']}"]
    paths += [f"/posts/{post['id']}/{what}" for what in ("edit", "delete")]
    paths += [f"/people/{bruno.id}/{what}" for what in ("note", "mute", "block", "card")]
    paths += [f"/report?account={bruno.id}", f"/compose?reply_to={post['id']}"]
    shown = {}
    for path in dict.fromkeys(paths):
        headers = {"Cookie": browser.cookie, "Accept": "text/html"}
        status, _, body = await whole.call("GET", path, headers=headers)
        assert status < 500, path
        if status == 200 and isinstance(body, bytes) and b"<form" in body:
            shown[path] = body.decode()
    return shown


def fault_of(form: Form, values: list[tuple[str, str]], status: int, page: str) -> str:
    """What is wrong with the answer to a form, or nothing."""
    if status in {200, 303, 302}:
        return ""
    if status != 422:
        return f"status {status}"
    if not SAID.search(page):
        return "422, but nothing is said"
    shown = unescape(page)
    lost = [
        name
        for name, value in values
        if name in form.typed and value.strip() and value[:20] not in shown
    ]
    return f"lost {lost}" if lost else ""


@pytest.mark.parametrize("how", ["empty", "long", "strange"])
async def test_nothing_is_lost_and_what_is_wrong_is_said(whole: WholeSite, how: str) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    wrong, tried = [], 0
    for path, page in (await pages(whole, browser)).items():
        for form in Forms(page).found:
            action = form.action or path
            if not form.typed or action.partition("?")[0] in NOT_TRIED:
                continue
            for text in {"empty": ("",), "long": (LONG,), "strange": STRANGE}[how]:
                values = [
                    (name, text if name in form.typed else value)
                    for name, value in form.values
                    if name != "csrf_token"
                ]
                status, _, answer = await browser.send(action, values)
                tried += 1
                fault = fault_of(form, values, status, answer)
                if fault:
                    wrong.append(f"{path} -> {action} ({text[:12]!r}): {fault}")
    assert tried >= 14
    assert not wrong, "\n".join(wrong)
