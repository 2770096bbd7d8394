"""Live streams of a site with two processes: each shows what happens at the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sites.conftest import DATABASES
from tests.sites.group import make_group
from tests.sites.site import Site, free_port
from tests.sites.streams import live, live_events
from tests.sites.waiting import until

pytestmark = pytest.mark.skipif("postgresql" not in DATABASES, reason="needs PostgreSQL")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Site]:
    made = make_group(tmp_path_factory.mktemp("two"), 1, postgres=postgres_server)
    made[0].start(listen=free_port())
    yield made[0]
    made.stop()


def test_events_cross_processes(site: Site) -> None:
    amina, bruno = site.newcomers(2)
    amina.follow(bruno)
    first, second = site.ports
    author = bruno.through(second)
    with (
        live(amina.through(first), "user") as here,
        live(amina.through(second), "user") as there,
        live_events(amina.through(first), "public/local") as public,
    ):
        posts = [author.write(f"Number {number} @{amina.username}") for number in range(10)]
        wanted = [post["id"] for post in posts]
        for stream in (here, there, public):
            until(lambda stream=stream: len(stream.events("update")) >= 10, "all of them")
            assert [one["id"] for one in stream.events("update")] == wanted
        for stream in (here, there):
            until(lambda stream=stream: len(stream.events("notification")) >= 10, "told")
        author.call("PUT", f"/api/v1/statuses/{wanted[0]}", {"status": "Changed"})
        for stream in (here, there, public):
            assert "Changed" in stream.wait("status.update", wanted[0])["content"]
        author.delete(posts[1])
        for stream in (here, there, public):
            stream.wait("delete", wanted[1])


def test_filters_and_lists_cross_processes(site: Site) -> None:
    amina, bruno = site.newcomers(2)
    amina.follow(bruno)
    first, second = site.ports
    elsewhere = amina.through(second)
    made = elsewhere.post("/api/v1/lists", title="Team")
    elsewhere.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[bruno.id])
    with live(amina.through(first), "list", list=made["id"]) as stream:
        plain = bruno.through(second).write("Before: noise")
        assert stream.wait("update", plain["id"])["filtered"] == []
        stream.subscribe("user")
        elsewhere.post(
            "/api/v2/filters",
            title="Noise",
            context=["home"],
            keywords_attributes=[{"keyword": "noise"}],
        )
        until(lambda: stream.events("filters_changed"), "told")
        loud = bruno.through(second).write("After: noise")
        assert len(stream.wait("update", loud["id"], "list")["filtered"]) == 1
        assert len(stream.wait("update", loud["id"], "user")["filtered"]) == 1
