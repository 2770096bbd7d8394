"""``toot``, a mainstream Mastodon program: logs in, posts, reads, answers, uploads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.sites.browser import Browser
from tests.sites.harness import PASSWORD, Person, Site, until

TOOT = Path(sys.executable).with_name("toot")
Run = Callable[..., str]


class Toot:
    """The program with a configuration folder of its own."""

    def __init__(self, home: Path) -> None:
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "COLUMNS": "200"}
        self._environment |= {"PAGER": "cat", "EDITOR": "false"}

    def __call__(self, *arguments: str, **options: Any) -> str:
        """Runs a command that has to succeed; returns what it prints."""
        done = subprocess.run(
            [TOOT, "--no-color", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
            **options,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def log_in(self, person: Person) -> None:
        """``toot login`` as a person does it: the address opened in a browser, the code pasted."""
        process = subprocess.Popen(
            [TOOT, "--no-color", "login", "--instance", person.site.base_url],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        address = ""
        seen = []
        while not address:
            line = process.stdout.readline()
            assert line, seen
            seen.append(line)
            if line.startswith("http"):
                address = line.strip()
        code = allow(person, address)
        process.stdin.write(f"n\n{code}\n")
        process.stdin.close()
        rest = process.stdout.read()
        process.stdout.close()
        assert process.wait(60) == 0, rest
        assert "Successfully logged in" in rest


def allow(person: Person, address: str) -> str:
    """Signs in on the real pages and allows access; returns the code that is shown."""
    browser = Browser(person.site.base_url)
    browser.open(address)
    browser.submit(browser.form("password"), name=person.email, password=PASSWORD)
    browser.submit(browser.form("client_id"), decision="allow")
    return browser.value_of("code")


@pytest.fixture(scope="module")
def amina(group: Any) -> Person:
    return group[0].newcomer()


@pytest.fixture(scope="module")
def toot(amina: Person, tmp_path_factory: pytest.TempPathFactory) -> Toot:
    program = Toot(tmp_path_factory.mktemp("toot"))
    program.log_in(amina)
    return program


def test_login_and_whoami(toot: Toot, amina: Person) -> None:
    assert amina.username in toot("auth")
    me = toot.json("whoami")
    assert me["id"] == amina.id
    assert me["acct"] == amina.username


def test_login_with_a_wrong_password(lyon: Site) -> None:
    person = lyon.newcomer()
    app = person.call(
        "POST",
        "/api/v1/apps",
        {"client_name": "Test", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read"},
    )
    browser = Browser(lyon.base_url)
    browser.open(
        f"{lyon.base_url}/oauth/authorize?response_type=code&client_id={app['client_id']}"
        "&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read"
    )
    answer = browser.submit(browser.form("password"), name=person.email, password="wrong-password")
    assert answer.status in {200, 400, 401, 403, 422}
    assert browser.form("password")


def test_post_and_read(toot: Toot, amina: Person, lyon: Site) -> None:
    reader = lyon.newcomer()
    reader.follow(amina)
    printed = toot("post", "Hello from the terminal #toot", "--language", "en")
    (uri,) = re.findall(r"http://\S+", printed)
    status = next(item for item in amina.home() if uri in (item["url"], item["uri"]))
    assert status["application"]["name"].startswith("toot")
    assert reader.arrived(status["uri"])["language"] == "en"

    assert toot.json("status", status["id"])["uri"] == status["uri"]
    for command in (
        ("timelines", "home"),
        ("timelines", "public"),
        ("timelines", "tag", "toot"),
        ("timelines", "account", amina.username),
    ):
        assert status["uri"] in [item["uri"] for item in toot.json(*command)], command
    assert "Hello from the terminal" in toot("timelines", "home", "--no-pager", "--no-clear")


def test_conversation(toot: Toot, amina: Person, nantes: Site) -> None:
    bruno = nantes.newcomer()
    handle = f"@{bruno.handle}"
    assert bruno.handle in toot("search", "--resolve", handle)
    toot("follow", bruno.handle)
    until(lambda: bruno.handle in [a["acct"] for a in toot.json("following")])
    asked = bruno.write(f"@{amina.handle} lunch?")
    seen = amina.arrived(asked["uri"])

    told = until(lambda: [n for n in toot.json("notifications") if n["type"] == "mention"])
    assert told[0]["status"]["id"] == seen["id"]
    toot("post", f"{handle} yes", "--reply-to", seen["id"])
    answered = until(lambda: bruno.notifications(types=["mention"]))[0]["status"]
    assert answered["in_reply_to_id"] == asked["id"]
    thread = toot.json("thread", seen["id"])
    assert answered["uri"] in [item["uri"] for item in thread["descendants"]]
    assert "lunch?" in toot("thread", seen["id"])

    toot("favourite", seen["id"])
    toot("reblog", seen["id"])
    toot("bookmark", seen["id"])
    until(lambda: bruno.status(asked["id"])["favourites_count"] == 1)
    until(lambda: bruno.status(asked["id"])["reblogs_count"] == 1)
    assert "lunch?" in toot("bookmarks", "--once")
    toot("unfavourite", seen["id"])
    toot("unreblog", seen["id"])
    until(lambda: bruno.status(asked["id"])["favourites_count"] == 0)


def picture(path: Path) -> Path:
    data = BytesIO()
    Image.new("RGB", (320, 200), (180, 40, 90)).save(data, "PNG")
    path.write_bytes(data.getvalue())
    return path


def test_upload(toot: Toot, amina: Person, nantes: Site, tmp_path: Path) -> None:
    bruno = nantes.newcomer()
    bruno.follow(amina)
    file = picture(tmp_path / "square.png")
    uploaded = toot.json("upload", str(file), "--description", "A square")
    assert uploaded["type"] == "image"
    assert uploaded["description"] == "A square"
    toot("post", "With a picture", "--media", str(file), "--description", "A red square")
    status = amina.home()[0]
    (seen,) = bruno.arrived(status["uri"])["media_attachments"]
    assert seen["description"] == "A red square"
    assert seen["blurhash"]
    assert seen["meta"]["original"]["width"] == 320


def test_search_delete_and_log_out(toot: Toot, amina: Person) -> None:
    printed = toot("post", "Soon to be deleted")
    status = amina.home()[0]
    assert status["url"] in printed or status["uri"] in printed
    found = toot.json("search", status["url"], "--resolve")
    assert [item["id"] for item in found["statuses"]] == [status["id"]]
    toot("delete", status["id"])
    assert amina.answer("GET", f"/api/v1/statuses/{status['id']}").status == 404
    toot("logout", amina.handle)
