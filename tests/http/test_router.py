"""Which route answers which path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import BadRequest
from fedrse.http.request import Request
from fedrse.http.router import Router
from fedrse.http.routes import Auth, Route, Surface


async def nothing(_request: Request) -> bytes:
    return b"{}"


def route(path: str, method: str = "GET", surface: Surface = Surface.API) -> Route:
    return Route(method, path, nothing, surface=surface, auth=Auth.PUBLIC)


PATHS = (
    "/",
    "/api/v1/statuses",
    "/api/v1/statuses/{id}",
    "/api/v1/statuses/{id}/context",
    "/api/v1/statuses/search",
    "/@{handle}",
    "/@{handle}/{id}",
    "/{page}",
    "/static/{file...}",
)


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/", "/", {}),
        ("/api/v1/statuses", "/api/v1/statuses", {}),
        ("/api/v1/statuses/", "/api/v1/statuses", {}),
        ("/api/v1/statuses/12", "/api/v1/statuses/{id}", {"id": "12"}),
        ("/api/v1/statuses/12/", "/api/v1/statuses/{id}", {"id": "12"}),
        ("/api/v1/statuses/12/context", "/api/v1/statuses/{id}/context", {"id": "12"}),
        ("/api/v1/statuses/search", "/api/v1/statuses/search", {}),
        ("/@amina", "/@{handle}", {"handle": "amina"}),
        ("/%40amina", "/@{handle}", {"handle": "amina"}),
        ("/@amina@lyon.test/9", "/@{handle}/{id}", {"handle": "amina@lyon.test", "id": "9"}),
        ("/@", "/{page}", {"page": "@"}),
        ("/caf%C3%A9", "/{page}", {"page": "café"}),
        ("/a%2Fb", "/{page}", {"page": "a/b"}),
        ("/static/css/x.css", "/static/{file...}", {"file": "css/x.css"}),
        ("/static/" + "a/" * 60, "/static/{file...}", {"file": "a/" * 60}),
    ],
)
def test_a_path_finds_its_route(path: str, template: str, values: dict[str, str]) -> None:
    found = Router(route(each) for each in PATHS).find(path)
    assert found is not None
    assert (found[0].path, found[1]) == (template, values)


@pytest.mark.parametrize(
    "path", ["/api", "/api/v1/statuses/12/other", "/api/v1/statuses//context", "//a", "", "*"]
)
def test_other_paths_find_nothing(path: str) -> None:
    assert Router(route(each) for each in PATHS if each != "/{page}").find(path) is None


@pytest.mark.parametrize("path", ["/%00", "/%ff", "/a/%c3%28", "/\udcff"])
def test_a_path_that_is_no_text_is_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        Router([route("/{page}")]).find(path)


@given(st.text(max_size=60))
def test_no_path_breaks_the_router(text: str) -> None:
    router = Router(route(each) for each in PATHS)
    try:
        found = router.find("/" + text)
    except BadRequest:
        return
    assert found is None or set(found[0].names) == set(found[1])


def test_methods_and_surfaces_of_one_path() -> None:
    page, activity = (
        route("/u/{id}", surface=Surface.PAGE),
        route("/u/{id}", "GET", Surface.ACTIVITYPUB),
    )
    form = route("/u/{id}", "POST", Surface.PAGE)
    found = Router([page, activity, form]).find("/u/1")
    assert found is not None
    assert found[0].choices("GET") == (page, activity)
    assert found[0].choices("HEAD") == (page, activity)
    assert found[0].choices("POST") == (form, None)
    assert found[0].choices("DELETE") == (None, None)
    assert found[0].allowed == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    "paths", [("/a", "/a"), ("/a/{id}", "/a/{id}"), ("/a/{id}", "/a/{name}"), ("a",)]
)
def test_routes_that_collide_stop_the_start(paths: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        Router(route(path) for path in paths)
