"""Addresses that are laid out for the site to fetch, and that nothing may come of."""

from __future__ import annotations

from collections.abc import Callable

from tests.sites.hostile_stage import Stage
from tests.sites.remote_actor import Json
from tests.sites.remote_answers import Reply


def find_nothing(stage: Stage, uri: str) -> None:
    """A person asks the site for this address; it is asked for, and nothing comes of it."""
    assert stage.look_up(uri) is None, uri
    host = stage.world.hosts[uri.split("/")[2]]
    path = uri.removeprefix(host.origin)
    assert [seen for seen in host.fetches() if seen.path == path], f"{uri} was not asked for"


def serve_and_look(stage: Stage, make: Callable[[str], Reply | Json]) -> None:
    uri = stage.evil.new_uri("n")
    stage.evil.serve(make(uri), uri)
    find_nothing(stage, uri)


def redirect(target: str, code: int = 302) -> Reply:
    return Reply(status=code, headers={"Location": target})
