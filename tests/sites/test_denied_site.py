"""A site that is denied and let in again: nothing is lost on either side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sites.group import Group, make_group
from tests.sites.site import Site
from tests.sites.waiting import until


def command(site: Site, *words: str) -> list[str]:
    fedrse = [sys.executable, "-m", "fedrse", "--config", str(site.configuration)]
    return [*fedrse, "policy", *words]


def policy(site: Site, *words: str) -> Any:
    asked = command(site, *words, "--json")
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def two(postgres: str | None, tmp_path: Path) -> Iterator[Group]:
    """Two sites that nobody else uses."""
    made = make_group(tmp_path, 2, postgres=postgres)
    yield made
    made.stop()


def test_follows_rest_while_a_site_is_denied(two: Group) -> None:
    lyon, nantes = two
    ami, nils = lyon.newcomer(), nantes.newcomer()
    at_lyon, at_nantes = ami.follow(nils), nils.follow(ami)
    nils.arrived(ami.write("before")["uri"])
    cost = policy(lyon, "add", "deny", "--host", nantes.peer, "--dry-run")["cost"]
    assert cost == {
        "peers": [nantes.peer],
        "people": 1,
        "following": 1,
        "followers": 1,
        "conversations": 0,
    }
    asked = subprocess.run(command(lyon, "add", "deny", "--host", nantes.peer), check=False)
    assert asked.returncode == 1
    made = policy(lyon, "add", "deny", "--host", nantes.peer, "--reason", "Test", "--yes")

    def refused() -> bool:
        written = nils.write("to a closed door")
        two.settled()
        return ami.sees(written["uri"]) is None

    until(refused, seconds=12)
    hidden = ami.write("behind a closed door")
    lyon.settled()
    assert nils.sees(hidden["uri"]) is None
    assert ami.relationship(at_lyon)["following"]
    assert nils.relationship(at_nantes)["following"]
    policy(lyon, "undo", str(made["version"]))

    def flows() -> bool:
        written = ami.write("after")
        two.settled()
        return nils.sees(written["uri"]) is not None

    until(flows, seconds=20)
    ami.arrived(nils.write("after, the other way")["uri"])
    for one, there in ((ami, at_lyon), (nils, at_nantes)):
        relation = one.relationship(there)
        assert (relation["following"], relation["followed_by"]) == (True, True)
    for site in two:
        assert site.value("SELECT count(*) FROM activity WHERE type IN ('Undo', 'Reject')") == 0


def test_what_people_of_a_denied_site_wrote_is_hidden_and_comes_back(two: Group) -> None:
    lyon, nantes = two
    ami, nils = lyon.newcomer(), nantes.newcomer()
    ami.follow(nils)
    word = "Brunsbüttel"
    before = ami.arrived(nils.write(f"On the way to {word}")["uri"])
    account = before["account"]["id"]

    def shown() -> set[str]:
        upto = {"max_id": int(before["id"]) + 1}
        profile = ami.get(f"/api/v1/accounts/{account}/statuses", **upto)
        found = {"home": ami.home(**upto), "profile": profile}
        found["search"] = ami.get("/api/v2/search", q=word, type="statuses")["statuses"]
        return {name for name, those in found.items() if before["id"] in [p["id"] for p in those]}

    until(lambda: shown() == {"home", "profile", "search"}, "it is everywhere", seconds=20)
    made = policy(lyon, "add", "deny", "--host", nantes.peer, "--yes")
    until(lambda: not shown(), "it is nowhere", seconds=40)
    assert ami.answer("GET", f"/api/v1/statuses/{before['id']}").status == 404
    policy(lyon, "undo", str(made["version"]))

    def flows() -> bool:
        written = nils.write("after")
        two.settled()
        return ami.sees(written["uri"]) is not None

    until(flows, "what comes then is there", seconds=40)
    until(lambda: shown() == {"home", "profile", "search"}, lambda: f"only {shown()}", seconds=40)
