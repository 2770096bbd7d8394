"""Followers from outside of the network: what the operator lets them have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sites.group import make_group
from tests.sites.remote_actor import RemoteHost, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until

OUTSIDE = "beyond.test"


@pytest.fixture(scope="module", params=[True, False], ids=["as usual", "lifted"])
def guarded(request: pytest.FixtureRequest) -> bool:
    """Whether the rules about outsiders hold."""
    return bool(request.param)


@pytest.fixture(scope="module")
def outside(world: RemoteWorld) -> RemoteHost:
    return world.host(OUTSIDE)


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, outside: RemoteHost, guarded: bool
) -> Iterator[Site]:
    """A site in a network with another member, which needs not run."""
    lifted = {"outsiders_need_approval": False, "outsiders_public_only": False}
    made = make_group(
        tmp_path_factory.mktemp("outsiders"),
        1,
        extra={
            "network": {"members": ["https://member.test"], **({} if guarded else lifted)},
            "federation": {"allowed_hosts": [OUTSIDE]},
            "outgoing": {"connect": {OUTSIDE: f"http://127.0.0.1:{outside.port}"}},
        },
    )
    yield made[0]
    made.stop()


def contents(host: RemoteHost) -> list[str]:
    found = [seen.activity for seen in host.posts("Create")]
    return [one["object"]["content"] for one in found]


def test_followers_from_outside(site: Site, outside: RemoteHost, guarded: bool) -> None:
    amina, otto = site.newcomer(), outside.newcomer()
    follow = otto.activity("Follow", amina.uri)
    assert otto.send(site, follow).status == 202
    if guarded:
        (asking,) = until(lambda: amina.get("/api/v1/follow_requests"))
        assert outside.posts("Accept") == []
        amina.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    outside.got("Accept", lambda sent: sent["actor"] == amina.uri)

    outside.seen.clear()
    few = amina.write("For followers", visibility="private")
    public = amina.write("For everybody", audience="public")
    outside.got("Create", lambda sent: sent["object"]["id"] == public["uri"])
    site.settled()
    expected = ["For everybody"] if guarded else ["For followers", "For everybody"]
    assert [text[3:-4] for text in contents(outside)] == expected
    assert otto.get(few["uri"]).status == (404 if guarded else 200)
    assert otto.get(public["uri"]).status == 200
