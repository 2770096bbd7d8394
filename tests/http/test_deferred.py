"""Addresses whose code is loaded with their first request."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.http.deferred import Deferred
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.router import Router
from fedrse.http.routes import Auth, Route, Surface
from tests.http.conftest import Serve


async def answer(request: Request) -> Reply:
    del request
    return Reply(b"{}")


def at(path: str) -> Route:
    return Route("GET", path, answer, Surface.API, Auth.PUBLIC)


class Loader:
    """Makes routes, and counts how often it is asked."""

    def __init__(self, *paths: str) -> None:
        self.paths = paths
        self.calls = 0

    def __call__(self) -> list[Route]:
        self.calls += 1
        return [at(path) for path in self.paths]


async def test_they_wait_for_their_first_request(serve: Serve) -> None:
    loader = Loader("/admin", "/admin/{name}")
    site = await serve([at("/"), at("/administer")], deferred=[Deferred(["/admin"], loader)])
    for path in ("/", "/administer", "/nowhere", "/administrator/x"):
        await site.get(path)
    assert loader.calls == 0
    found = await asyncio.gather(*(site.get(f"/admin/{number}") for number in range(5)))
    assert [status for status, _, _ in found] == [200] * 5
    assert (await site.get("/admin"))[0] == 200
    assert (await site.get("/admin/a/b"))[0] == 404
    assert loader.calls == 1


@pytest.mark.parametrize("path", ["/%61dmin/x", "/admin/", "/admin?q=1"])
async def test_however_they_are_written(serve: Serve, path: str) -> None:
    loader = Loader("/admin", "/admin/{name}")
    site = await serve([], deferred=[Deferred(["/admin"], loader)])
    assert (await site.get(path))[0] == 200


async def test_what_methods_there_are_is_told_before(serve: Serve) -> None:
    site = await serve([], deferred=[Deferred(["/api/v1/admin"], Loader("/api/v1/admin/x"))])
    status, headers, _ = await site.request("OPTIONS", "/api/v1/admin/x")
    assert status == 204
    assert "GET" in headers["Allow"]


async def test_all_are_listed(serve: Serve) -> None:
    loader = Loader("/admin")
    site = await serve([at("/")], deferred=[Deferred(["/admin"], loader)])
    assert [one.path for one in site.frame.routes] == ["/", "/admin"]
    assert [one.path for one in site.frame.routes] == ["/", "/admin"]
    assert loader.calls == 1


async def test_what_fails_is_tried_again(serve: Serve) -> None:
    class Failing(Loader):
        def __call__(self) -> list[Route]:
            made = super().__call__()
            if self.calls == 1:
                raise OSError("no memory for it")
            return made

    site = await serve([], deferred=[Deferred(["/admin"], Failing("/admin"))])
    assert (await site.get("/admin"))[0] == 500
    assert (await site.get("/admin"))[0] == 200


def test_nothing_is_where_nobody_looks() -> None:
    with pytest.raises(ValueError, match="/elsewhere is not below /admin"):
        Deferred(["/admin"], Loader("/admin", "/elsewhere")).open_now(Router([]))
