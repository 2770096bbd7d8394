"""Sites that many tests share: started once per test process, on each kind of database.

Tests make people of their own (``site.newcomers``), so that they do not disturb each other.
``FEDRSE_TEST_DATABASES`` says which databases are tried, ``sqlite,postgresql`` if it is not set.
Tests that are not about a kind of database, or need PostgreSQL, run unless that is left out.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sites.group import Group, make_group
from tests.sites.hostile_stage import EVIL_HOSTS, Canary, Stage, prepare
from tests.sites.remote_actor import RemoteActor, RemoteHost, RemoteWorld
from tests.sites.site import Site, running

DATABASES = os.environ.get("FEDRSE_TEST_DATABASES", "sqlite,postgresql").split(",")
# Hosts whom the shared sites talk to although they are not of the network, and one they do not.
ALLOWED = ("outsider.test", "second.test", "third.test")
STRANGER = "stranger.test"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Everything here needs processes and sockets: it belongs to the suite ``sites``."""
    here = Path(__file__).parent
    elsewhere = []
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sites)
            if "postgresql" not in DATABASES and "[sqlite" not in item.name:
                elsewhere.append(item)
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in set(elsewhere)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """A failed test shows the last words of the sites that run."""
    report = yield
    if report.failed:
        for site in running:
            report.sections.append((f"log of {site.name} ({site.folder})", site.last_words()))
    return report


@pytest.fixture(autouse=True)
def no_crashes() -> Iterator[None]:
    """Whatever a test did, no site may have run into an error that nobody expected."""
    before = {site.log: site.log.stat().st_size for site in running}
    yield
    for site in running:
        with site.log.open("rb") as log:
            log.seek(before.get(site.log, 0))
            text = log.read().decode(errors="replace")
        assert "Traceback" not in text, f"{site.name}:\n{text[-6000:]}"


@pytest.fixture(scope="session")
def world() -> Iterator[RemoteWorld]:
    """Remote hosts; those of the shared sites exist from the start."""
    with RemoteWorld() as made:
        for name in (*ALLOWED, STRANGER):
            made.host(name)
        yield made


@pytest.fixture(scope="session")
def outsider(world: RemoteWorld) -> RemoteHost:
    """A host that is no member but allowed."""
    return world.host("outsider.test")


@pytest.fixture(scope="session")
def reader(outsider: RemoteHost) -> RemoteActor:
    """Somebody there who signs fetches."""
    return outsider.reader


@pytest.fixture(scope="session", params=DATABASES)
def postgres(request: pytest.FixtureRequest) -> str | None:
    """Sites are made on each kind of database: the address of the server, None for SQLite."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgres_server"))


@pytest.fixture(scope="session")
def group(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Group]:
    """Three sites of one network in closed mode, on each kind of database."""
    extra = {
        "federation": {"allowed_hosts": list(ALLOWED)},
        "outgoing": {"connect": world.overrides},
    }
    made = make_group(tmp_path_factory.mktemp("sites"), 3, postgres=postgres, extra=extra)
    yield made
    made.stop()


@pytest.fixture
def lyon(group: Group) -> Site:
    return group[0]


@pytest.fixture
def nantes(group: Group) -> Site:
    return group[1]


@pytest.fixture
def bruxelles(group: Group) -> Site:
    return group[2]


@pytest.fixture(scope="session")
def stage(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Stage]:
    """The scene of hostile messages; see ``hostile_stage``."""
    names = ["good.test", "evil.test", "blocked.test", "sub.blocked.test"]
    names += [f"e{number}.evil.test" for number in range(EVIL_HOSTS)]
    ports = {name: f"http://127.0.0.1:{world.host(name).port}" for name in names}
    made = make_group(
        tmp_path_factory.mktemp("hostile"),
        1,
        postgres=postgres,
        extra={
            "network": {"members": []},
            # Allowed hosts may be asked more often than strangers: no attack fails for that.
            "federation": {
                "mode": "open",
                "blocked_hosts": ["blocked.test"],
                "allowed_hosts": [name for name in names if "blocked" not in name],
            },
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": ports, "private_addresses": []},
        },
    )
    canary = Canary()
    yield prepare(made[0], world, canary)
    made.stop()
    canary.close()


_fresh = itertools.count()


@pytest.fixture
def fresh(stage: Stage) -> Stage:
    """With an attacker on a host that nobody has heard of."""
    host = stage.world.host(f"e{next(_fresh)}.evil.test")
    return replace(stage, mallory=host.newcomer("mallory"))
