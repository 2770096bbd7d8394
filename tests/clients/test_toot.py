"""``toot``, a mainstream Mastodon program: every command it has, with people of two sites.

What it prints for people is read from typed entities: it stops at what does not fit.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.clients.stage import OPERATIONS, Stage, allow, picture
from tests.sites.browser import Browser
from tests.sites.person import Person
from tests.sites.waiting import until

TOOT = Path(sys.executable).with_name("toot")
LEFT_OUT = {
    "tui": "needs a terminal",
    "timeline": "the old form of timelines",
    "login_cli": "sends the password itself, which no Mastodon takes any more",
}


class Toot:
    """The program with a configuration folder of its own; ``done`` are commands that went well."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.done: set[str] = set()
        self._environment = {"XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
        self._environment |= {"COLUMNS": "200", "PAGER": "cat", "EDITOR": "false"}
        self._program = importlib.import_module("toot.cli").cli
        self.offered = offered(self._program)

    def _run(self, arguments: tuple[str, ...]) -> Result:
        """Runs a command in this process: it starts far quicker than a program."""
        return CliRunner(env=self._environment).invoke(
            self._program, ["--no-color", *arguments], prog_name="toot"
        )

    def __call__(self, *arguments: str) -> str:
        """Runs a command that has to succeed; returns what it prints."""
        done = self._run(arguments)
        assert done.exit_code == 0, (arguments, done.output, done.exc_info)
        names = {" ".join(arguments[:count]) for count in (1, 2)} & self.offered
        assert len(names) == 1, arguments
        self.done |= names
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Runs a command that has to fail with a sentence; returns that."""
        done = self._run(arguments)
        assert isinstance(done.exception, SystemExit), (arguments, done.output, done.exc_info)
        assert done.exit_code == 1
        return done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def log_in(self, person: Person) -> None:
        """``toot login`` as a person does it: the address opened in a browser, the code pasted."""
        process = subprocess.Popen(
            [TOOT, "--no-color", "login", "--instance", person.site.base_url],
            env={**os.environ, **self._environment},
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
        self.done.add("login")


def offered(program: Any) -> set[str]:
    """All commands that the program shows, ``lists create`` for one of a group."""

    def names(group: Any, before: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from names(command, f"{before}{name} ")
            elif not command.hidden:
                yield before + name

    return set(names(program, ""))


def test_every_command(stage: Stage, tmp_path: Path) -> None:
    amina, clara = stage.lyon.newcomers(2)
    bruno, dora = stage.nantes.newcomers(2)
    toot = Toot(tmp_path)
    accounts(toot, amina, clara)
    posts(toot, amina, clara)
    status = conversation(toot, amina, bruno)
    marks(toot, bruno, status)
    people(toot, amina, bruno)
    follow_requests(toot, amina, (bruno, dora))
    lists(toot, bruno)
    tags(toot, bruno)
    polls(toot, bruno)
    media(toot, amina, bruno)
    trends(toot, stage, clara)
    the_end(toot, amina)
    assert toot.done == toot.offered - LEFT_OUT.keys()
    assert len(toot.done) >= OPERATIONS, toot.done


def accounts(toot: Toot, amina: Person, clara: Person) -> None:
    """Two accounts, and what the program knows of them and their site."""
    toot.log_in(clara)
    toot.log_in(amina)
    assert re.search(rf"{amina.handle} ACTIVE", toot("auth"))
    assert "activated" in toot("activate", clara.handle)
    assert toot.json("whoami")["id"] == clara.id
    toot("activate", amina.handle)
    me = toot.json("whoami")
    assert (me["id"], me["acct"]) == (amina.id, amina.username)
    image = str(picture(toot.home / "face.png"))
    changed = toot.json(
        *("update-account", "--display-name", "Amina D.", "--note", "Night shift"),
        *("--avatar", image, "--header", image, "--bot", "--discoverable", "--no-locked"),
        *("--privacy", "unlisted", "--sensitive", "--language", "fr"),
    )
    assert changed["display_name"] == "Amina D."
    assert changed["bot"] is changed["discoverable"] is True
    wanted = {"privacy": "unlisted", "sensitive": True, "language": "fr", "note": "Night shift"}
    assert changed["source"].items() >= wanted.items()
    assert "/media/" in changed["avatar"]
    toot("update-account", "--no-bot", "--privacy", "public", "--no-sensitive", "--language", "en")
    whoami = toot("whoami")
    assert "Amina D." in whoami
    assert "Night shift" in whoami
    assert clara.username in toot("whois", clara.username)
    assert toot.json("whois", clara.username)["id"] == clara.id
    assert "Lyon" in toot("instance")
    assert toot.json("instance", clara.site.base_url)["uri"] == "lyon.test"
    assert "Lyon" in toot("diag", "--server")
    assert "Account not found" in toot.refused("whois", "nobody")


def posts(toot: Toot, amina: Person, clara: Person) -> None:
    """Posts of all kinds, and the timelines they are in."""
    clara.follow(amina)
    printed = toot("post", "Hello from the terminal #toot", "--language", "en")
    (uri,) = re.findall(r"http://\S+", printed)
    status = next(item for item in amina.home() if uri in (item["url"], item["uri"]))
    assert status["application"]["name"].startswith("toot")
    assert clara.arrived(status["uri"])["language"] == "en"
    assert toot.json("status", status["id"])["uri"] == status["uri"]
    assert "Hello from the terminal" in toot("status", status["id"])
    for command in (
        ("timelines", "home"),
        ("timelines", "public"),
        ("timelines", "tag", "toot"),
        ("timelines", "account", amina.username),
    ):
        assert status["uri"] in [item["uri"] for item in toot.json(*command)], command
        assert "Hello from the terminal" in toot(*command, "--no-pager", "--no-clear")
    second = toot.json(
        "post", "Quiet", "--visibility", "private", "--spoiler-text", "Boring", "--sensitive"
    )
    assert (second["visibility"], second["spoiler_text"]) == ("private", "Boring")
    assert second["sensitive"] is True
    answer = toot.json("post", "Still quiet", "--reply-last", "--visibility", "private")
    assert answer["in_reply_to_id"] == second["id"]
    toot("post", "Much later", "--scheduled-in", "2 hours")
    (scheduled,) = amina.get("/api/v1/scheduled_statuses")
    assert scheduled["params"]["text"] == "Much later"
    assert status["id"] in [one["id"] for one in toot.json("timelines", "public", "--local")]
    assert toot.json("timelines", "home", "--limit", "1")[0]["id"] == answer["id"]
    older = toot.json("timelines", "home", "--max-id", second["id"])
    assert {answer["id"], second["id"]}.isdisjoint({one["id"] for one in older})
    assert toot.json("search", "#toot", "--type", "hashtags")["hashtags"][0]["name"] == "toot"
    found = toot.json("search", status["url"], "--resolve")
    assert [item["id"] for item in found["statuses"]] == [status["id"]]
    toot("delete", status["id"])
    assert amina.answer("GET", f"/api/v1/statuses/{status['id']}").status == 404


def conversation(toot: Toot, amina: Person, bruno: Person) -> dict[str, Any]:
    """Somebody of another site is found, followed, and asks something; returns the question."""
    assert bruno.handle in toot("search", "--resolve", f"@{bruno.handle}")
    toot("follow", bruno.handle)
    until(lambda: bruno.handle in [a["acct"] for a in toot.json("following")])
    bruno.follow(amina)
    assert bruno.handle in toot("following", amina.username)
    assert bruno.handle in [account["acct"] for account in toot.json("followers")]
    assert bruno.handle in toot("followers", amina.username)
    asked = bruno.write(f"@{amina.handle} lunch?")
    seen = amina.arrived(asked["uri"])
    told = until(lambda: toot.json("notifications", "--type", "mention"))
    assert told[0]["status"]["id"] == seen["id"]
    assert "mentioned you" in toot("notifications", "--exclude-type", "follow")
    toot("post", f"@{bruno.handle} yes", "--reply-to", seen["id"])
    answered = until(lambda: bruno.notifications(types=["mention"]))[0]["status"]
    assert answered["in_reply_to_id"] == asked["id"]
    thread = toot.json("thread", seen["id"])
    assert answered["uri"] in [item["uri"] for item in thread["descendants"]]
    assert "lunch?" in toot("thread", seen["id"])
    toot("notifications", "--clear")
    assert toot.json("notifications") == []
    return seen


def marks(toot: Toot, bruno: Person, status: dict[str, Any]) -> None:
    """What one does to a post; its author's site counts."""
    asked = bruno.look_up(status["uri"])
    assert asked is not None
    toot("favourite", status["url"])
    toot("reblog", status["id"])
    toot("bookmark", status["id"])
    until(lambda: bruno.status(asked["id"])["favourites_count"] == 1)
    until(lambda: bruno.status(asked["id"])["reblogs_count"] == 1)
    assert "lunch?" in toot("timelines", "favourites", "--no-pager")
    assert "Amina D." in toot("reblogged-by", status["id"])
    assert "lunch?" in toot("bookmarks", "--once")
    toot("unbookmark", status["id"])
    assert "lunch?" not in toot("bookmarks", "--once")
    toot("unfavourite", status["id"])
    toot("unreblog", status["id"])
    until(lambda: bruno.status(asked["id"])["favourites_count"] == 0)
    own = toot.json("post", "On top")
    toot("pin", own["id"])
    assert toot.json("status", own["id"])["pinned"] is True
    toot("unpin", own["id"])
    assert toot.json("status", own["id"])["pinned"] is False
    assert toot.refused("pin", status["id"]), "it is somebody else's"


def people(toot: Toot, amina: Person, bruno: Person) -> None:
    """Muting, blocking and unfollowing somebody of another site."""
    toot("mute", bruno.handle)
    assert bruno.handle in toot("muted")
    toot("unmute", bruno.handle)
    assert toot.json("muted") == []
    toot("unfollow", bruno.handle)
    assert toot.json("following") == []
    toot("block", bruno.handle)
    assert bruno.handle in toot("blocked")
    assert bruno.handle not in [account["acct"] for account in toot.json("followers")]
    toot("unblock", bruno.handle)
    assert toot.json("blocked") == []
    until(lambda: not bruno.relationship(bruno.account_id(amina))["blocked_by"])


def follow_requests(toot: Toot, amina: Person, strangers: tuple[Person, Person]) -> None:
    toot("update-account", "--locked")
    for person in strangers:
        person.follow(amina, wait=False)
    until(lambda: len(toot.json("follow-requests", "list")) == 2)
    welcome, other = strangers
    assert welcome.handle in toot("follow-requests", "list")
    toot("follow-requests", "accept", welcome.handle)
    toot("follow-requests", "reject", other.handle)
    until(lambda: welcome.relationship(welcome.account_id(amina))["following"])
    until(lambda: not other.relationship(other.account_id(amina))["requested"])
    assert toot.json("follow-requests", "list") == []
    toot("update-account", "--no-locked")


def lists(toot: Toot, bruno: Person) -> None:
    toot("lists", "create", "Harbour", "--replies-policy", "none")
    assert "You must follow" in toot.refused("lists", "add", "Harbour", bruno.handle)
    toot("follow", bruno.handle)
    until(lambda: bruno.handle in toot("following"))
    toot("lists", "add", "Harbour", bruno.handle)
    (made,) = toot.json("lists", "list")
    assert (made["title"], made["replies_policy"]) == ("Harbour", "none")
    assert bruno.handle in toot("lists", "accounts", "Harbour")
    written = bruno.write("A ship is coming")
    shown = ("timelines", "list", "Harbour", "--no-pager")
    until(lambda: "A ship is coming" in toot(*shown))
    toot("lists", "remove", "Harbour", bruno.handle)
    assert "no accounts" in toot("lists", "accounts", "Harbour")
    toot("lists", "delete", "Harbour")
    assert "no lists" in toot("lists", "list")
    bruno.delete(written)


def tags(toot: Toot, bruno: Person) -> None:
    toot("unfollow", bruno.handle)
    toot("tags", "follow", "quay")
    assert "Followed" in toot("tags", "info", "quay")
    assert [tag["name"] for tag in toot.json("tags", "followed")] == ["quay"]
    toot("tags", "unfollow", "quay")
    assert "not following any" in toot("tags", "followed")
    toot("tags", "feature", "crane")
    assert "#crane" in toot("tags", "featured")
    toot("tags", "unfeature", "crane")
    assert toot.json("tags", "featured") == []


def polls(toot: Toot, bruno: Person) -> None:
    """A poll of one's own that others vote in, and one of another site to vote in."""
    options = ("--poll-option", "Soup", "--poll-option", "Salad")
    made = toot.json(
        *("post", f"@{bruno.handle} What?", *options),
        *("--poll-expires-in", "1 hour", "--poll-multiple", "--poll-hide-totals"),
    )
    assert made["poll"]["multiple"] is True
    asked = until(lambda: bruno.look_up(made["uri"]))
    assert asked is not None
    bruno.post(f"/api/v1/polls/{asked['poll']['id']}/votes", choices=[0])
    until(lambda: toot.json("polls", "show", made["poll"]["id"])["voters_count"] == 1)
    theirs = bruno.write("Tea?", poll={"options": ["yes", "no"], "expires_in": 3600})
    (found,) = toot.json("search", theirs["uri"], "--resolve")["statuses"]
    assert "Your vote" in toot("polls", "vote", found["poll"]["id"], "1")
    until(lambda: bruno.status(theirs["id"])["poll"]["options"][1]["votes_count"] == 1)


def media(toot: Toot, amina: Person, bruno: Person) -> None:
    file = str(picture(toot.home / "square.png"))
    uploaded = toot.json("upload", file, "--description", "A square")
    assert (uploaded["type"], uploaded["description"]) == ("image", "A square")
    assert "Successfully uploaded" in toot("upload", file)
    made = toot.json(
        *("post", f"@{bruno.handle} With pictures", "--media", file, "--media", file),
        *("--description", "A red square", "--description", "", "--thumbnail", file),
    )
    seen = bruno.look_up(made["uri"])
    assert seen is not None
    first, second = seen["media_attachments"]
    assert (first["description"], second["description"]) == ("A red square", None)
    assert first["blurhash"]
    assert first["meta"]["original"]["width"] == 320
    only = toot.json("timelines", "public", "--only-media")
    assert made["id"] in [item["id"] for item in only]
    assert all(item["media_attachments"] for item in only)
    assert amina.home()[0]["id"] == made["id"]


def trends(toot: Toot, stage: Stage, clara: Person) -> None:
    """Two people liked it, two shared the link."""
    dario = stage.lyon.newcomer()
    post = toot.json("post", f"Read this {stage.page}")
    clara.write(f"I have read {stage.page}")
    for person in (clara, dario):
        person.on(post, "favourite")
    stage.trends_are_counted(stage.lyon)
    assert "Read this" in toot("timelines", "trending", "--no-pager")
    assert post["id"] in [one["id"] for one in toot.json("timelines", "trending")]
    assert "I have read" in toot("timelines", "link", stage.page, "--no-pager")
    assert toot.json("status", post["id"])["card"]["title"] == "The harbour"


def the_end(toot: Toot, amina: Person) -> None:
    toot("logout", amina.handle)
    assert amina.handle not in toot("auth")


def test_login_with_a_wrong_password(stage: Stage) -> None:
    person = stage.lyon.newcomer()
    app = person.call(
        "POST",
        "/api/v1/apps",
        {"client_name": "Test", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read"},
    )
    browser = Browser(stage.lyon.base_url)
    browser.open(
        f"{stage.lyon.base_url}/oauth/authorize?response_type=code&client_id={app['client_id']}"
        "&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read"
    )
    answer = browser.submit(browser.form("password"), name=person.email, password="wrong-password")
    assert answer.status in {200, 400, 401, 403, 422}
    assert browser.form("password")
