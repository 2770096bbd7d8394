"""Each message that is refused or delayed is explained: by host, in the console, in French too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from typer.testing import CliRunner

from fedrse.app.cli import app
from tests.sites.browser import Browser
from tests.sites.group import make_group
from tests.sites.person import PASSWORD, Person
from tests.sites.remote_actor import RemoteWorld
from tests.sites.remote_answers import status
from tests.sites.remote_signing import Key
from tests.sites.site import Site
from tests.sites.waiting import until

SECRET = "A text that nobody else may read"
CASES = (
    *("signature", "key", "deny", "quarantine", "delay", "cap", "quota", "json"),
    *("gone", "down", "barred"),
)
NAMES = {case: f"why-{case}.test" for case in CASES} | {"barred": "10.0.0.1"}


def command(site: Site, *words: str) -> Any:
    done = CliRunner().invoke(app, ["--config", str(site.configuration), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def why(site: Site, asked: str) -> dict[str, Any]:
    return dict(json.loads(command(site, "why", asked, "--json")))


def said(site: Site, host: str, words: str) -> dict[str, Any]:
    """What is told of a host, as soon as these words are part of it."""

    def look() -> dict[str, Any] | None:
        found = why(site, host)
        return found if words in json.dumps(found) else None

    return until(look, f"{words!r} of {host}")


@pytest.fixture(scope="module")
def site(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Site]:
    remote = [name for name in NAMES.values() if name.endswith(".test")]
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in remote}
    made = make_group(
        tmp_path_factory.mktemp("why"),
        1,
        postgres=postgres,
        extra={
            "federation": {"mode": "open"},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": connect},
            "limits": {"enabled": True, "inbox_per_minute": 4},
        },
    )[0]
    for case, words in RULES.items():
        command(made, "policy", "add", *words, "--host", NAMES[case], "--yes")
    made.settled()
    yield made
    made.stop()


RULES = {
    "deny": ("deny", "--reason", "Publicité"),
    "quarantine": ("quarantine",),
    "delay": ("delay", "--delay", "10m"),
    "cap": ("cap", "--cap", "1", "--period", "1h"),
}


@pytest.fixture
def amina(site: Site) -> Person:
    return site.newcomer()


@pytest.fixture(scope="module")
def desk(site: Site) -> Browser:
    """Somebody in charge who reads French."""
    chief = site.newcomer()
    site.execute(f"UPDATE login SET role = 'owner', locale = 'fr' WHERE account_id = {chief.id}")
    browser = Browser(site.base_url)
    browser.open(f"{site.base_url}/login")
    assert browser.submit(browser.form("name", "password"), name=chief.email, password=PASSWORD).ok
    return browser


def provoke(world: RemoteWorld, site: Site, amina: Person, case: str) -> str:
    """Makes a site send what is refused or delayed; an address of it where one is known."""
    host = world.host(NAMES["signature" if case == "barred" else case])
    actor = host.newcomer()
    note = actor.note(SECRET)
    if case == "signature":
        forged = Key.rsa(actor.uri)
        assert actor.send(site, actor.create(note), key=forged).status == 401
        return ""
    if case == "key":
        with host.offline():
            assert actor.send(site, actor.create(note)).status >= 400
        return ""
    if case == "json":
        assert actor.send(site, b'{"type": ').status == 400
        return ""
    if case in {"cap", "quota"}:
        for _ in range(8):
            activity = actor.activity("Like", amina.write("Bonjour")["uri"])
            if actor.send(site, activity).status == 429:
                return ""
        raise AssertionError("never too much")
    if case in {"gone", "down"}:
        actor.follow(site, amina.uri)
        if case == "down":
            with host.offline():
                amina.write(SECRET)
                said(site, host.name, EXPECTED[case][0])
            return ""
        with host.fault(status(410)):
            amina.write(SECRET)
            said(site, host.name, "410")
        return ""
    if case == "barred":  # the key is said to be at an address that nobody may contact
        barred = Key.rsa(f"https://{NAMES[case]}/users/p")
        assert actor.send(site, actor.create(note), key=barred).status == 401
        return ""
    activity = actor.create(note)
    if case == "deny":  # before anything of it is read
        assert actor.send(site, activity).status == 403
        return ""
    assert actor.send(site, activity).status == 202
    return str(activity["id"])


EXPECTED = {
    "signature": ("signature_wrong", "Sa signature est fausse"),
    "key": ("key_unreachable", "La clé de son expéditeur n’a pas pu être obtenue"),
    "deny": ("peer_blocked", "Publicité"),
    "quarantine": ("is in quarantine", "en quarantaine"),
    "delay": ("held back by a rule", "retardé par une règle"),
    "cap": ("too much at the time", "trop nombreux à la fois"),
    "quota": ("refused before the policy was asked", "Son site"),
    "json": ("json_syntax", "son contenu est mal formé"),
    "gone": ("410", "n’a pas pu être envoyé"),
    "down": ("No connection", "Personne ne répond à son adresse"),
    "barred": ("key_unreachable", "La clé de son expéditeur n’a pas pu être obtenue"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_found_by_host_and_by_address(
    site: Site, world: RemoteWorld, amina: Person, desk: Browser, case: str
) -> None:
    address = provoke(world, site, amina, case)
    host, (code, words) = NAMES[case], EXPECTED[case]
    found = said(site, host, code)
    assert SECRET not in json.dumps(found)
    if address:
        assert code in json.dumps(why(site, address))
    page = desk.open(f"{site.base_url}/admin/queue/why?asked={host}")
    assert page.status == 200
    text = unescape(page.text)
    assert words in text, text[-3000:]
    assert SECRET not in text
